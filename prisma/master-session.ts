import {
  certificateFault,
  describeServer,
  errorCode,
  MASTER_SETTINGS,
  PgError,
  type PgErrorCode,
  withSession,
} from '@freeflow/lib/pg';
import type { Client } from 'pg';

/** What the server means when it refuses a session, by SQLSTATE. */
const REFUSALS: Readonly<Record<string, { code: PgErrorCode; text: string }>> = {
  '28P01': { code: 'access-denied', text: 'refuses the user or password' },
  '28000': { code: 'access-denied', text: 'refuses the user or password' },
  '42501': { code: 'access-denied', text: 'does not let this user connect to the database' },
  '55000': { code: 'access-denied', text: 'takes no connections to the database' },
  '53300': { code: 'server-unreachable', text: 'has no connection left' },
  '57P03': { code: 'server-unreachable', text: 'is starting up or shutting down' },
};

/**
 * Runs `work` on one session of the master database and ends it.
 * @throws PgError `server-unreachable` | `access-denied` | `certificate-untrusted` where there is no session to be had;
 * a
 *   database that doesn't exist is passed on as 3D000, and so is what `work` throws
 */
export async function withMasterSession<T>(url: string, work: (session: Client) => Promise<T>): Promise<T> {
  let isConnected = false;
  try {
    return await withSession(
      url,
      (session) => {
        isConnected = true;
        return work(session);
      },
      { settings: MASTER_SETTINGS },
    );
  } catch (error) {
    throw isConnected ? error : explainRefusal(error, url);
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
