import { isCutConnection, sqlStateOf } from '@freeflow/lib/pg';
import { Problem } from '../errors';

/**
 * Classes and codes by which PostgreSQL says that it can't be had now: connection, authorization, missing database, no resources, operator
 * intervention, collisions, a server that is read-only or locked (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const AWAY = /^(?:08|28|3D|40|53|57|58|25006|55P03)/;
/** Data exceptions: a value that doesn't fit. No waiting helps. */
const VALUE = /^22/;

/** What a failure of the master database is answered with; undefined where the failure isn't the master database's. */
export function masterDatabaseProblem(error: unknown): Problem | undefined {
  const state = sqlStateOf(error);
  if (state !== undefined && VALUE.test(state))
    return new Problem('value-unstorable', `The master database refuses a value of the request (SQLSTATE ${state}).`, {
      cause: error,
    });
  const isAway = state === undefined ? isAwayByName(error) : AWAY.test(state);
  return isAway
    ? new Problem('master-database-unavailable', 'The master database does not answer.', {
        cause: error,
        headers: { 'retry-after': '5' },
      })
    : undefined;
}

/** The words of Prisma and of the driver where no server has spoken. */
function isAwayByName(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: string };
  if (name === 'PrismaClientInitializationError' || name === 'PrismaClientRustPanicError') return true;
  if (name === 'DriverAdapterError' || isCutConnection(error)) return true;
  if (name !== 'PrismaClientKnownRequestError' && name !== 'PrismaClientUnknownRequestError')
    return /^(ECONN|ETIMEDOUT|EPIPE|EHOSTUNREACH)/.test(code ?? '');
  return (
    /^P(1\d\d\d|2024|2028|2034|2037)$/.test(code ?? '') ||
    /terminat|ECONN|timeout|closed|recovery|starting up|shutting down/i.test((error as Error).message)
  );
}
