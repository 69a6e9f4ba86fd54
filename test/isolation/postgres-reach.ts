import type { StackInfo } from '@freeflow/contract/stack-info';
import { Client, type ClientConfig } from 'pg';

/**
 * A tenant's application at PostgreSQL: one session in its own database, and logins of every kind with its password.
 */
export interface PostgresReach {
  database: string;
  app: string;
  owner: string;
  /** The server process of its session, which others can see. */
  pid: number;
  /** What comes of a statement in its session: `done`, a SQLSTATE, or `warning` and its code. */
  run(sql: string): Promise<string>;
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** What comes of a login with its own password and something else changed. */
  logIn(changes: Partial<ClientConfig> & { replication?: string }): Promise<string>;
  close(): Promise<void>;
}

const SETTINGS = { connectionTimeoutMillis: 60_000, query_timeout: 60_000, application_name: 'its-application' };

export async function reachPostgres({ postgres }: StackInfo, tenant: string, password: string): Promise<PostgresReach> {
  const { hostname: host, port } = new URL(postgres.url);
  const database = `freeflow_${tenant}`;
  const app = `${database}_app`;
  const config = { host, port: Number(port), database, user: app, password, ...SETTINGS };
  const session = new Client(config);
  let cutBy: unknown;
  session.on('error', (error) => (cutBy ??= error));
  await session.connect();
  const {
    rows: [own],
  } = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');

  return {
    database,
    app,
    owner: `${database}_owner`,
    pid: own?.pid ?? 0,
    run: (sql) =>
      answerOf(async () => {
        // A cut session says why only once, and not to the statement that comes next.
        if (cutBy !== undefined) throw cutBy;
        let warning: string | undefined;
        const listen = ({ severity, code }: { severity?: string | undefined; code?: string | undefined }) => {
          if (severity === 'WARNING') warning = code;
        };
        session.on('notice', listen);
        try {
          await session.query(sql);
        } catch (error) {
          // It may have failed inside a transaction of its own.
          await session.query('ROLLBACK').catch(() => undefined);
          throw error;
        } finally {
          session.off('notice', listen);
        }
        return warning === undefined ? 'done' : `warning ${warning}`;
      }),
    rows: async (sql) => (await session.query<Record<string, unknown>>(sql)).rows,
    logIn: (changes) =>
      answerOf(async () => {
        const client = new Client({ ...config, ...changes });
        client.on('error', () => undefined);
        try {
          await client.connect();
          return 'done';
        } finally {
          await client.end().catch(() => undefined);
        }
      }),
    close: () => session.end(),
  };
}

async function answerOf(attempt: () => Promise<string>): Promise<string> {
  try {
    return await attempt();
  } catch (error) {
    const { code } = error as { code?: unknown };
    // A SQLSTATE comes from the server; all else, such as ECONNREFUSED or a timeout, is no answer.
    if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return code;
    throw error;
  }
}
