import { ErrorTolerantClient } from '@freeflow/lib/pg';
import type { Pool } from 'pg';
import { BackendFault } from '../failures';

const ENTERED = `
  SELECT d.datname AS name FROM pg_database d JOIN pg_roles r ON r.rolname = $1
   WHERE d.datname = ANY ($2) AND r.rolcanlogin AND d.datallowconn AND has_database_privilege(r.oid, d.oid, 'CONNECT')`;

/** Whether this pool reaches its server by a pooler such as PgBouncer. */
export async function isPooled(pool: Pool): Promise<boolean> {
  const client = await pool.connect();
  try {
    return client instanceof ErrorTolerantClient && client.isPooled;
  } finally {
    client.release();
  }
}

/**
 * Makes sure that a role may enter none of these databases, as the server's catalog has it. A pooler is not tried out:
 * PgBouncer reports no refused login to its clients: it tries again and lets the client wait, and lets those who come
 * later wait as well (`server_login_retry`, `query_wait_timeout`; https://www.pgbouncer.org/config.html).
 * @param fault what it means where the role may
 */
export async function assertNotAdmitted(
  pool: Pool,
  role: string,
  databases: readonly string[],
  fault: 'still-open' | 'probe-leak',
): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(ENTERED, [role, databases]);
  if (rows.length > 0)
    throw new BackendFault(fault, `PostgreSQL: ${role} may connect to ${rows.map(({ name }) => name).join(', ')}`);
}
