import type { Client } from 'pg';
import { certificateFault } from './certificate-error';
import { ErrorTolerantClient } from './error-tolerant-client';
import { PgError, type PgErrorCode } from './errors';
import { describeServer } from './server-url';

const CONNECT_TIMEOUT_MS = 10_000;

/** What the server means when it refuses a session, by SQLSTATE. */
const REFUSALS: Readonly<Record<string, { code: PgErrorCode; text: string }>> = {
  '28P01': { code: 'access-denied', text: 'refuses the user or password' },
  '28000': { code: 'access-denied', text: 'refuses the user or password' },
  '42501': { code: 'access-denied', text: 'does not let this user connect to the database' },
  '55000': { code: 'access-denied', text: 'takes no connections to the database' },
  '53300': { code: 'server-unreachable', text: 'has no connection left' },
  '57P03': { code: 'server-unreachable', text: 'is starting up or shutting down' },
};

/** The code of a failure: an SQLSTATE, or that of a socket such as ECONNREFUSED; else an empty string. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}

/**
 * Runs `work` on one session and ends it.
 * @throws PgError `server-unreachable` | `access-denied` | `certificate-untrusted`; what the server says otherwise (such as 3D000) is passed on
 */
export async function withSession<T>(url: string, work: (session: Client) => Promise<T>): Promise<T> {
  const session = new ErrorTolerantClient({
    connectionString: url,
    application_name: 'freeflow-setup',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  try {
    await session.connect();
  } catch (error) {
    throw explainRefusal(error, url);
  }
  try {
    return await work(session);
  } finally {
    await session.end().catch(() => undefined);
  }
}

function explainRefusal(error: unknown, url: string): unknown {
  const code = errorCode(error);
  if (code === '3D000') return error;
  const server = `the PostgreSQL server at ${describeServer(url)}`;
  const refusal = REFUSALS[code];
  if (refusal)
    return new PgError(refusal.code, `MASTER_DATABASE_URL: ${server} ${refusal.text} (${code}).`, { cause: error });
  const fault = certificateFault(error);
  if (fault !== undefined)
    return new PgError(
      'certificate-untrusted',
      `MASTER_DATABASE_URL: the certificate of ${server} is not trusted: ${fault}.`,
      { cause: error },
    );
  const reason = code || (error instanceof Error ? error.message : 'unknown failure');
  return new PgError('server-unreachable', `MASTER_DATABASE_URL: ${server} can't be reached (${reason}).`, {
    cause: error,
  });
}
