import type { StackInfo } from '@freeflow/contract/stack-info';
import { Client, Connection } from '@temporalio/client';

/** A client of the test servers' Temporal, as an operator has it. */
export interface Operator {
  client: Client;
  close(): Promise<void>;
}

export async function openOperator({ temporal }: StackInfo): Promise<Operator> {
  const connection = await Connection.connect({ address: temporal.address });
  return { client: new Client({ connection, namespace: temporal.namespace }), close: () => connection.close() };
}

/** Ends the runs that a test has left without a worker: every sweep of the server would check them. */
export async function terminateRuns({ client: { workflow } }: Operator, taskQueue: string): Promise<void> {
  for await (const { workflowId } of workflow.list({
    query: `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`,
  }))
    await workflow
      .getHandle(workflowId)
      .terminate('the test is over')
      .catch(() => undefined);
}

/** Everything a history holds, as text: payloads decoded, so that nothing hides in base64. */
export async function historyText({ client }: Operator, workflowId: string, runId?: string): Promise<string> {
  return textOf(await client.workflow.getHandle(workflowId, runId).fetchHistory());
}

/** All strings and bytes in a value, one per line. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, it]) => `${key} ${textOf(it)}`)
    .join('\n');
}
