import { databaseOf, errorCode } from '@freeflow/lib/pg';
import { DbMasterError } from './errors';
import { withMasterSession } from './master-session';

/**
 * Makes sure that the master database is there and has its tables.
 * @throws DbMasterError `not-migrated`, PgError
 */
export async function assertMigrated(url: string): Promise<void> {
  if (!(await hasTables(url)))
    throw new DbMasterError(
      'not-migrated',
      `The database ${databaseOf(url)} has not been migrated: run db:migrate first.`,
    );
}

async function hasTables(url: string): Promise<boolean> {
  try {
    const { rows } = await withMasterSession(url, (session) =>
      session.query<{ isThere: boolean }>(`SELECT to_regclass('public."Tenant"') IS NOT NULL AS "isThere"`),
    );
    return rows[0]?.isThere === true;
  } catch (error) {
    if (errorCode(error) === '3D000') return false;
    throw error;
  }
}
