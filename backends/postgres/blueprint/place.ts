import { escapeIdentifier as id, type Client } from 'pg';
import type { Target } from '../../backend';
import { refusedFault } from '../../blueprint';
import { BackendFault, hasCode, messageOf } from '../../failures';
import type { PostgresServer } from '../server';
import { appRole, ownerRole, rolesOf, SCHEMA } from '../sql';
import { EXTENSIONS_PATH } from './form';

/** Of the owner, and shut to the tenant: which files were applied. */
const OWN_SCHEMA = 'freeflow';
export const MARKS = `${OWN_SCHEMA}.blueprint`;
/** Of the owner, to be used by the tenant: what extensions bring. */
export const EXTENSIONS_SCHEMA = 'extensions';

const OWNERS = `
  SELECT n.nspname AS name FROM pg_namespace n WHERE n.nspname = ANY ($1) AND n.nspowner <> $2::regrole
  UNION ALL
  SELECT '${MARKS}' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = '${OWN_SCHEMA}' AND c.relname = 'blueprint' AND (c.relowner <> $2::regrole OR c.relkind <> 'r' OR c.relrowsecurity)`;

/**
 * Makes the place where files are noted, lets the tenant use what they will make, and makes the extensions, as the
 * provisioner: these may need more than the owner's rights. Repeatable: every statement sets a state.
 */
export async function preparePlace(
  server: PostgresServer,
  { name, signal, announceCall }: Target,
  extensions: readonly string[],
): Promise<void> {
  const own = rolesOf(name);
  await server.inDatabase(name, signal, async ({ client, change }) => {
    await assertOwn(client, name);
    await announceCall();
    await change(sqlOfPlace(name), own);
    // Made in between.
    await assertOwn(client, name);
    for (const extension of extensions) {
      await announceCall();
      await change(
        `CREATE EXTENSION IF NOT EXISTS ${id(extension)} WITH SCHEMA ${EXTENSIONS_SCHEMA} CASCADE`,
        own,
      ).catch((error: unknown) => refuseExtension(extension, error));
    }
  });
}

/** It is not on the server (0A000, 58P01, 22023), or only a superuser may make it (42501). */
function refuseExtension(extension: string, error: unknown): never {
  if (!hasCode(error, '0A000', '58P01', '22023', '42501')) throw error;
  throw refusedFault(
    'PostgreSQL',
    EXTENSIONS_PATH,
    `extension ${extension} can't be made: ${messageOf(error)}. Install it on the server; one that is not trusted its owner makes in the database`,
    error,
  );
}

const sqlOfPlace = (name: string): string => {
  const [owner, app, schema] = [id(ownerRole(name)), id(appRole(name)), id(SCHEMA)];
  // No TRIGGER and no REFERENCES: by these what the owner does at a table would run what the tenant has written.
  return `SET ROLE ${owner};
    CREATE SCHEMA IF NOT EXISTS ${OWN_SCHEMA}; CREATE SCHEMA IF NOT EXISTS ${EXTENSIONS_SCHEMA};
    CREATE TABLE IF NOT EXISTS ${MARKS} (path text PRIMARY KEY, token uuid NOT NULL, checksum text NOT NULL, "appliedAt" timestamptz NOT NULL DEFAULT now());
    GRANT USAGE ON SCHEMA ${EXTENSIONS_SCHEMA} TO ${app};
    ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${app};
    ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO ${app};
    SET ROLE NONE`;
};

/** Who was given the right to make schemas may have made these. */
export async function assertOwn(client: Client, name: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(OWNERS, [[OWN_SCHEMA, EXTENSIONS_SCHEMA], id(ownerRole(name))]);
  const [foreign] = rows;
  if (foreign === undefined) return;
  throw new BackendFault(
    'blueprint-refused',
    `PostgreSQL: ${foreign.name} in database ${name} is not ${ownerRole(name)}'s: rename it, the platform keeps its notes there`,
  );
}
