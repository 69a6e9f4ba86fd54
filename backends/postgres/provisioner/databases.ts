import { type Client, escapeIdentifier } from 'pg';
import { change, hasCode, SQLSTATE } from './client';
import { HOME } from './url';

/** Those that belong to no tenant, and that no tenant's role may enter. */
export const closedDatabases = (masterDatabase: string): string[] => [HOME, 'template1', masterDatabase];

/** What of it was done, and what could not be. */
interface Closed {
  did: string[];
  warnings: string[];
}

const OPEN = `SELECT datname AS database FROM pg_database WHERE datname = ANY($1)
  AND EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0 AND privilege_type = 'CONNECT') ORDER BY 1`;

const isLetIn = `SELECT FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE datname = $1 AND grantee = $2::regrole AND privilege_type = 'CONNECT'`;

/**
 * Takes CONNECT on the databases that belong to no tenant from everybody: otherwise every tenant's role could enter
 * them. One that does not exist is none.
 */
export async function closeDatabases(client: Client, role: string, databases: readonly string[]): Promise<Closed> {
  const did = await grantConnect(client, role);
  const before = await openDatabases(client, databases);
  for (const database of before)
    await ifAllowed(change(client, `REVOKE CONNECT ON DATABASE ${escapeIdentifier(database)} FROM PUBLIC`));
  // A REVOKE by someone without the right is no error, so look.
  const after = await openDatabases(client, databases);
  return {
    did: [
      ...did,
      ...before
        .filter((it) => !after.includes(it))
        .map((it) => `database ${it} is closed to every role that was not granted CONNECT by name`),
    ],
    warnings: after.map(
      (it) =>
        `every role may still connect to database ${it}; its owner should run: REVOKE CONNECT ON DATABASE ${escapeIdentifier(it)} FROM PUBLIC`,
    ),
  };
}

/** By name, before the others are shut out. */
async function grantConnect(client: Client, role: string): Promise<string[]> {
  const isGranted = async () => (await client.query(isLetIn, [HOME, escapeIdentifier(role)])).rowCount !== 0;
  if (await isGranted()) return [];
  await ifAllowed(change(client, `GRANT CONNECT ON DATABASE ${HOME} TO ${escapeIdentifier(role)}`));
  return (await isGranted()) ? [`role ${role} may connect to database ${HOME}`] : [];
}

/** Which of these databases every role of the server may connect to. */
export const openDatabases = async (client: Client, databases: readonly string[]): Promise<string[]> =>
  (await client.query<{ database: string }>(OPEN, [databases])).rows.map(({ database }) => database);

/** What was not allowed shows when one looks. */
async function ifAllowed(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!hasCode(error, SQLSTATE.insufficientPrivilege)) throw error;
  });
}
