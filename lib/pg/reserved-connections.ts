import { escapeIdentifier, type Client } from 'pg';
import { errorCode } from './error-code';
import { retryCollisions } from './retry';

/**
 * Its members may use the connections that `reserved_connections` keeps from everybody else; PostgreSQL 16 or newer.
 */
export const RESERVED_ROLE = 'pg_use_reserved_connections';

/**
 * Whether the role may use reserved connections, so that tenants can't take its last one; true where the server knows
 * none.
 */
export async function usesReservedConnections(session: Client, role: string): Promise<boolean> {
  const {
    rows: [row],
  } = await session.query<{ isMember: boolean }>(
    'SELECT coalesce((SELECT pg_has_role($1, oid, \'USAGE\') FROM pg_roles WHERE rolname = $2), true) AS "isMember"',
    [role, RESERVED_ROLE],
  );
  return row?.isMember === true;
}

/**
 * Lets a role use reserved connections.
 * @returns whether this call did; false too where it did already, or where the session may not grant that
 */
export async function grantReservedConnections(session: Client, role: string): Promise<boolean> {
  if (await usesReservedConnections(session, role)) return false;
  try {
    await retryCollisions(() => session.query(`GRANT ${RESERVED_ROLE} TO ${escapeIdentifier(role)}`));
    return true;
  } catch (error) {
    if (errorCode(error) !== '42501') throw error;
    return false;
  }
}
