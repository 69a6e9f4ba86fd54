import { escapeIdentifier as id, escapeLiteral as literal, type Client } from 'pg';
import type { Target } from '../../backend';
import { refusedFault } from '../../blueprint';
import { BackendFault, hasCode, messageOf } from '../../failures';
import type { PostgresServer } from '../server';
import { appRole, ownerRole, rolesOf, SCHEMA } from '../sql';
import { EXTENSIONS_PATH } from './form';

/** Of the owner, and shut to the tenant: which files were applied. */
const OWN_SCHEMA = 'freeflow';
export const MARKS = `${OWN_SCHEMA}.blueprint`;
/** Of the provisioner, to be used by the tenant: what extensions bring. */
export const EXTENSIONS_SCHEMA = 'extensions';

const OWNERS = `
  SELECT n.nspname AS name FROM pg_namespace n WHERE n.nspname = $1 AND n.nspowner <> $3::regrole
  UNION ALL
  SELECT n.nspname FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
   WHERE n.nspname = $2 AND r.rolname = ANY ($4) AND n.nspowner <> $3::regrole
  UNION ALL
  SELECT '${MARKS}' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = '${OWN_SCHEMA}' AND c.relname = 'blueprint' AND (c.relowner <> $3::regrole OR c.relkind <> 'r' OR c.relrowsecurity)`;

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
    await change(sqlOfExtensions(name), own);
    // Made in between.
    await assertOwn(client, name);
    for (const extension of extensions) {
      await assertHarmless(client, name, extension);
      await announceCall();
      await change(
        `CREATE EXTENSION IF NOT EXISTS ${id(extension)} WITH SCHEMA ${EXTENSIONS_SCHEMA} CASCADE`,
        own,
      ).catch((error: unknown) => refuseExtension(extension, error));
    }
  });
}

// The script of a trusted extension runs as a superuser, with its schema on the search path, and those of the
// extensions it requires.
const PLANTED = `
  SELECT pg_describe_object(d.classid, d.objid, 0) || ' in schema ' || n.nspname AS what
    FROM pg_namespace n JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = n.oid AND d.deptype = 'n'
   WHERE n.nspname = $1 AND d.classid <> 'pg_extension'::regclass
     AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e')
  UNION ALL
  SELECT 'extension ' || e.extname || ' in schema ' || n.nspname
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
   WHERE n.nspname NOT IN ('pg_catalog', $1) AND e.extname IN (
     WITH RECURSIVE needed(name) AS (
       SELECT unnest(v.requires) FROM pg_available_extension_versions v JOIN pg_available_extensions a ON a.name = v.name AND a.default_version = v.version WHERE v.name = $2
       UNION
       SELECT unnest(v.requires) FROM needed JOIN pg_available_extension_versions v ON v.name = needed.name JOIN pg_available_extensions a ON a.name = v.name AND a.default_version = v.version)
     SELECT name FROM needed)
   LIMIT 1`;

/** @throws BackendFault `blueprint-refused` where the script of an extension would meet something of the tenant's */
async function assertHarmless(client: Client, name: string, extension: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_extension WHERE extname = $1', [extension]);
  if (rowCount !== 0) return;
  const {
    rows: [planted],
  } = await client.query<{ what: string }>(PLANTED, [EXTENSIONS_SCHEMA, extension]);
  if (planted === undefined) return;
  throw refusedFault(
    'PostgreSQL',
    EXTENSIONS_PATH,
    `extension ${extension} is not made: there is ${planted.what} of database ${name}, which its script, run by a superuser, would use. Drop that`,
  );
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
    CREATE SCHEMA IF NOT EXISTS ${OWN_SCHEMA};
    CREATE TABLE IF NOT EXISTS ${MARKS} (path text PRIMARY KEY, token uuid NOT NULL, checksum text NOT NULL, "appliedAt" timestamptz NOT NULL DEFAULT now());
    ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${app};
    ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO ${app};
    SET ROLE NONE`;
};

/**
 * The provisioner's own: what the owner may do, a tenant can come to do, by a function that it has put in the way of a
 * file. There it could put what the script of an extension would call, or drop all extensions with the schema. One that
 * was the owner's is taken over.
 */
const sqlOfExtensions = (name: string): string => {
  const [owner, app] = [id(ownerRole(name)), id(appRole(name))];
  return `CREATE SCHEMA IF NOT EXISTS ${EXTENSIONS_SCHEMA};
    DO $$ BEGIN
      IF (SELECT nspowner FROM pg_namespace WHERE nspname = '${EXTENSIONS_SCHEMA}') = ${literal(owner)}::regrole THEN
        ALTER SCHEMA ${EXTENSIONS_SCHEMA} OWNER TO CURRENT_USER;
      END IF;
    END $$;
    REVOKE ALL ON SCHEMA ${EXTENSIONS_SCHEMA} FROM PUBLIC, ${owner}, ${app}; GRANT USAGE ON SCHEMA ${EXTENSIONS_SCHEMA} TO ${owner}, ${app}`;
};

/** Who was given the right to make schemas may have made these. */
export async function assertOwn(client: Client, name: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(OWNERS, [
    OWN_SCHEMA,
    EXTENSIONS_SCHEMA,
    id(ownerRole(name)),
    rolesOf(name),
  ]);
  const [foreign] = rows;
  if (foreign === undefined) return;
  throw new BackendFault(
    'blueprint-refused',
    `PostgreSQL: ${foreign.name} in database ${name} is not the platform's: rename it, the platform keeps its notes and extensions there`,
  );
}
