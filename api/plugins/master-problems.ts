import { isCutConnection, sqlStateOf } from '@freeflow/lib/pg';
import { Problem } from '../errors';

/**
 * Classes and codes by which PostgreSQL reports that it is unavailable: connection, authorization, missing database, no
 * resources, operator intervention, collisions, a transaction that was idle for too long, a server that is read-only or
 * locked
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const AWAY = /^(?:08|28|3D|40|53|57|58|25006|25P03|55P03)/;
/** Data exceptions: a value that doesn't fit. Not retryable. */
const VALUE = /^22/;

/**
 * The problem that a failure of the master database is answered with; undefined where the failure isn't the master
 * database's.
 */
export function masterDatabaseProblem(error: unknown): Problem | undefined {
  const state = sqlStateOf(error);
  if (state !== undefined && VALUE.test(state))
    return new Problem('value-unstorable', `The master database refuses a value of the request (SQLSTATE ${state}).`, {
      cause: error,
    });
  const isAway = state === undefined ? isAwayByName(error) : AWAY.test(state);
  return isAway
    ? new Problem('master-database-unavailable', 'The connection was refused, lost or too slow.', {
        cause: error,
        headers: { 'retry-after': '5' },
      })
    : undefined;
}

/** Judged by names and messages of Prisma and of the driver where the server has sent no SQLSTATE. */
function isAwayByName(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: string };
  if (name === 'PrismaClientInitializationError' || name === 'PrismaClientRustPanicError') return true;
  if (name === 'DriverAdapterError' || isCutConnection(error)) return true;
  if (name !== 'PrismaClientKnownRequestError' && name !== 'PrismaClientUnknownRequestError')
    return /^(ECONN|ETIMEDOUT|EPIPE|EHOSTUNREACH)/.test(code ?? '');
  return (
    /^P(1\d\d\d|2024|2028|2034|2037)$/.test(code ?? '') ||
    /terminat|ECONN|timeout|closed|recovery|starting up|shutting down|can.t reach/i.test((error as Error).message)
  );
}
