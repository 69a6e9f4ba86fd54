import { escapeIdentifier } from 'pg';
import { DbMasterError } from './errors';
import { databaseOf, withDatabase } from './master-url';
import { errorCode, withSession } from './pg-session';

/** Databases to connect to while the wanted one doesn't exist. Somebody may have dropped or locked the first. */
const MAINTENANCE_DATABASES = ['postgres', 'template1'];

/**
 * Creates the database a URL names unless it exists. Safe when several do it at once.
 * @returns whether this call created it
 * @throws DbMasterError `server-unreachable` | `access-denied`
 */
export async function ensureDatabase(url: string): Promise<boolean> {
  if (await exists(url)) return false;
  const failures: unknown[] = [];
  for (const maintenance of MAINTENANCE_DATABASES) {
    try {
      return await createFrom(withDatabase(url, maintenance), databaseOf(url));
    } catch (error) {
      if (error instanceof DbMasterError && error.code === 'server-unreachable') throw error;
      failures.push(error);
    }
  }
  throw new DbMasterError('access-denied', `The database ${databaseOf(url)} does not exist and this user can't create it: ${failures.map(messageOf).join('; ')}`, {
    cause: new AggregateError(failures),
  });
}

async function exists(url: string): Promise<boolean> {
  try {
    return await withSession(url, () => Promise.resolve(true));
  } catch (error) {
    if (errorCode(error) === '3D000') return false;
    throw error;
  }
}

async function createFrom(maintenanceUrl: string, database: string): Promise<boolean> {
  try {
    // template0: a session in template1 would make this wait, and its local additions have no place here.
    await withSession(maintenanceUrl, (session) => session.query(`CREATE DATABASE ${escapeIdentifier(database)} TEMPLATE template0 ENCODING 'UTF8'`));
    return true;
  } catch (error) {
    if (isCreatedMeanwhile(error)) return false;
    throw error;
  }
}

/** Who loses the race against another creator gets 42P04, or 23505 when both were at it at the same moment. */
function isCreatedMeanwhile(error: unknown): boolean {
  const code = errorCode(error);
  return code === '42P04' || (code === '23505' && messageOf(error).includes('pg_database_datname_index'));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
