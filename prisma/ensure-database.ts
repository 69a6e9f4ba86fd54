import { PgError, databaseOf, withDatabase, errorCode } from '@freeflow/lib/pg';
import { escapeIdentifier, type Client } from 'pg';
import { withMasterSession } from './master-session';

/** Databases to connect to while the wanted one doesn't exist. The first may have been dropped or locked. */
const MAINTENANCE_DATABASES = ['postgres', 'template1'];

/**
 * Creates the database a URL names unless it exists. Safe when several do it at once.
 * @returns whether this call created it
 * @throws PgError `server-unreachable` | `access-denied`
 */
export async function ensureDatabase(url: string): Promise<boolean> {
  if (await canConnect(url)) return false;
  const refusals: unknown[] = [];
  for (const maintenanceUrl of MAINTENANCE_DATABASES.map((name) => withDatabase(url, name))) {
    const refusal = await findRefusal(maintenanceUrl);
    if (!refusal) return withMasterSession(maintenanceUrl, (session) => createDatabase(session, databaseOf(url)));
    refusals.push(refusal);
  }
  throw new PgError(
    'access-denied',
    `The database ${databaseOf(url)} does not exist, and this user may connect to neither ${MAINTENANCE_DATABASES.join(' nor ')} to create it.`,
    {
      cause: new AggregateError(refusals),
    },
  );
}

async function canConnect(url: string): Promise<boolean> {
  try {
    await withMasterSession(url, async () => {});
    return true;
  } catch (error) {
    if (errorCode(error) === '3D000') return false;
    throw error;
  }
}

/** Why a database can't be entered although its server is there; undefined when it can. */
async function findRefusal(url: string): Promise<unknown> {
  try {
    return (await canConnect(url)) ? undefined : new Error('It does not exist.');
  } catch (error) {
    if (error instanceof PgError && error.code === 'access-denied') return error;
    throw error;
  }
}

async function createDatabase(session: Client, database: string): Promise<boolean> {
  try {
    // template0: a session in template1 would make this wait, and its local additions have no place here.
    await session.query(`CREATE DATABASE ${escapeIdentifier(database)} TEMPLATE template0 ENCODING 'UTF8'`);
    return true;
  } catch (error) {
    if (isCreatedMeanwhile(error)) return false;
    if (errorCode(error) !== '42501') throw error;
    throw new PgError(
      'access-denied',
      `The database ${database} does not exist and this user may not create it: create it once, or migrate as a user with CREATEDB.`,
      { cause: error },
    );
  }
}

/** Who loses the race against another creator gets 42P04, or 23505 when both were at it at the same moment. */
function isCreatedMeanwhile(error: unknown): boolean {
  const code = errorCode(error);
  return (
    code === '42P04' ||
    (code === '23505' && error instanceof Error && error.message.includes('pg_database_datname_index'))
  );
}
