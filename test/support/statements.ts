import { Client } from 'pg';

/** A statement as it was sent, with the values of its parameters. */
export interface Statement {
  text: string;
  values: unknown[];
}

/** Records each different statement on our tables that this process sends to PostgreSQL while `work` is done. */
export async function recordStatements(work: () => Promise<unknown>): Promise<Statement[]> {
  // Of all drivers' sessions: Prisma's adapter sends its statements by the same class.
  const spy = jest.spyOn(Client.prototype, 'query');
  try {
    await work();
    const sent = spy.mock.calls.map(toStatement).filter(({ text }) => OURS.test(text));
    return [...new Map(sent.map((it) => [it.text, it])).values()];
  } finally {
    spy.mockRestore();
  }
}

const OURS =
  /"(?:Tenant\w*|OperationAnswer|ReconcileReport|AuditEvent|Event|OrphanDrop|PooledResource|Webhook\w*|SealingKey)"/;

function toStatement([query, values]: readonly unknown[]): Statement {
  if (typeof query === 'string') return { text: query, values: Array.isArray(values) ? values : [] };
  const { text = '', values: own = [] } = query as Partial<Statement>;
  return { text, values: own };
}
