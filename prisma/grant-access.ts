import { PgError, retryCollisions, errorCode } from '@freeflow/lib/pg';
import { escapeIdentifier, type Client } from 'pg';
import { MASTER_GRANTS, UPDATED_COLUMNS, WORKER_FUNCTIONS, type MasterRole } from './master-roles';

/** Which role plays which part. */
export type RoleNames = Readonly<Record<MasterRole, string>>;

/**
 * Gives the roles exactly the rights of {@link MASTER_GRANTS}, {@link UPDATED_COLUMNS} and {@link WORKER_FUNCTIONS},
 * takes all others from them, and shuts everybody else out. One transaction: a process at work never misses a right in
 * between.
 * @throws PgError `access-denied` when the session doesn't own the database or its tables
 */
export async function grantAccess(session: Client, database: string, roles: RoleNames): Promise<void> {
  const statements = accessStatements(escapeIdentifier(database), roles);
  try {
    await retryCollisions(() => inTransaction(session, statements));
  } catch (error) {
    if (errorCode(error) !== '42501') throw error;
    throw new PgError(
      'access-denied',
      `This user may not grant rights in ${database}: migrate as the owner of the database and its tables.`,
      { cause: error },
    );
  }
  await assertPublicIsOut(session, database);
}

function accessStatements(database: string, roles: RoleNames): string[] {
  const names = Object.values(roles).map(escapeIdentifier).join(', ');
  return [
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC, ${names}`,
    `GRANT CONNECT ON DATABASE ${database} TO ${names}`,
    'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
    `REVOKE ALL ON SCHEMA public FROM ${names}`,
    `GRANT USAGE ON SCHEMA public TO ${names}`,
    `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, ${names}`,
    // What is revoked of a table is revoked of its columns too.
    ...tableGrants('api', roles.api),
    ...tableGrants('worker', roles.worker),
    ...columnGrants('api', roles.api),
    ...columnGrants('worker', roles.worker),
    ...WORKER_FUNCTIONS.flatMap((it) => [
      `REVOKE ALL ON FUNCTION public.${it} FROM PUBLIC, ${names}`,
      `GRANT EXECUTE ON FUNCTION public.${it} TO ${escapeIdentifier(roles.worker)}`,
    ]),
  ];
}

function tableGrants(role: MasterRole, name: string): string[] {
  return Object.entries(MASTER_GRANTS[role])
    .filter(([, privileges]) => privileges.length > 0)
    .map(
      ([table, privileges]) =>
        `GRANT ${privileges.join(', ')} ON TABLE public.${escapeIdentifier(table)} TO ${escapeIdentifier(name)}`,
    );
}

const columnGrants = (role: MasterRole, name: string): string[] =>
  Object.entries(UPDATED_COLUMNS[role]).map(
    ([table, columns]) =>
      `GRANT UPDATE (${columns.map(escapeIdentifier).join(', ')}) ON TABLE public.${escapeIdentifier(table)} TO ${escapeIdentifier(name)}`,
  );

async function inTransaction(session: Client, statements: readonly string[]): Promise<void> {
  await session.query('BEGIN');
  try {
    for (const statement of statements) await session.query(statement);
    await session.query('COMMIT');
  } catch (error) {
    await session.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** A role that doesn't own the database gets a warning from REVOKE, no error; so this checks the result. */
async function assertPublicIsOut(session: Client, database: string): Promise<void> {
  const { rows } = await session.query<{ isOpen: boolean }>(
    `SELECT has_database_privilege('public', $1, 'CONNECT, TEMPORARY') AS "isOpen"`,
    [database],
  );
  if (rows[0]?.isOpen !== false) {
    throw new PgError(
      'access-denied',
      `PUBLIC may connect to ${database}, and this user can't revoke that: migrate as the owner of the database.`,
    );
  }
}
