import type { Client } from 'pg';
import { ErrorTolerantClient, type SessionSettings } from './error-tolerant-client';

export interface SessionOptions {
  /** How long to wait for the session. @default 10 s */
  readonly connectTimeoutMs?: number;
  /** How long to wait for the answer to one query. @default as long as it takes */
  readonly queryTimeoutMs?: number;
  /** What `pg_stat_activity` shows. @default freeflow-setup */
  readonly applicationName?: string;
  /** What it begins with. */
  readonly settings?: SessionSettings;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Runs `work` on one session of a PostgreSQL server, in UTC like all of ours, and ends it.
 * @throws pg's own errors: by SQLSTATE where the server refuses, by the code of the socket where it can't be reached
 */
export async function withSession<T>(
  url: string,
  work: (session: Client) => Promise<T>,
  {
    connectTimeoutMs = CONNECT_TIMEOUT_MS,
    queryTimeoutMs,
    applicationName = 'freeflow-setup',
    settings,
  }: SessionOptions = {},
): Promise<T> {
  const session = new ErrorTolerantClient({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    ...(settings === undefined ? {} : { settings }),
  });
  try {
    await session.connect();
    return await work(session);
  } finally {
    await session.end().catch(() => undefined);
  }
}
