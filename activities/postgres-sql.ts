import { escapeIdentifier as id, escapeLiteral as literal } from 'pg';
import type { Target } from './backend';

/** The schema the tenant works in; `public` stays shut. */
export const SCHEMA = 'app';

export const ownerRole = (database: string) => `${database}_owner`;
export const appRole = (database: string) => `${database}_app`;
export const mark = (nonce: string) => `freeflow:${nonce}`;

/** What stands at the server under a tenant's name. */
export interface Found {
  ownerMark: string | null;
  ownerExists: boolean;
  appMark: string | null;
  appExists: boolean;
  databaseOid: string | null;
  databaseOwner: string | null;
}

/** Finds it, by database, owner role and app role; always one row. */
export const FIND = `
  SELECT o.oid IS NOT NULL AS "ownerExists", shobj_description(o.oid, 'pg_authid') AS "ownerMark",
         a.oid IS NOT NULL AS "appExists", shobj_description(a.oid, 'pg_authid') AS "appMark",
         d.oid::text AS "databaseOid", pg_get_userbyid(d.datdba) AS "databaseOwner"
    FROM (SELECT 1) one
    LEFT JOIN pg_roles o ON o.rolname = $2
    LEFT JOIN pg_roles a ON a.rolname = $3
    LEFT JOIN pg_database d ON d.datname = $1`;

/** Finds the databases in which these roles have rights, and own nothing. */
export const FIND_GRANTS = `
  SELECT d.datname FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid JOIN pg_roles r ON r.oid = s.refobjid
   WHERE s.refclassid = 'pg_authid'::regclass AND r.rolname = ANY ($1) GROUP BY 1 HAVING bool_and(s.deptype <> 'o')`;

/** Says who stands in the way, or nothing where all that stands is ours. */
export function strangerIn(found: Found, { name, nonce }: Target): string | undefined {
  const ours = mark(nonce);
  if (found.ownerExists && found.ownerMark !== ours) return `role ${ownerRole(name)} exists and isn't ours (${found.ownerMark ?? 'no mark'})`;
  if (found.appExists && found.appMark !== ours) return `role ${appRole(name)} exists and isn't ours (${found.appMark ?? 'no mark'})`;
  if (found.databaseOid !== null && found.databaseOwner !== ownerRole(name)) return `database ${name} exists and belongs to ${found.databaseOwner}`;
  return undefined;
}

/** The statements of each step, in order. Those of one string are one transaction; CREATE and DROP DATABASE stand alone. */
export const sql = {
  // One transaction, so no role of ours ever stands without its mark.
  createRoles: (name: string, nonce: string, verifier: string): string[] => {
    const [owner, app, ours] = [id(ownerRole(name)), id(appRole(name)), literal(mark(nonce))];
    return [
      `CREATE ROLE ${owner} NOLOGIN; COMMENT ON ROLE ${owner} IS ${ours};
       CREATE ROLE ${app} LOGIN PASSWORD ${literal(verifier)}; COMMENT ON ROLE ${app} IS ${ours}`,
    ];
  },

  // A new database lets everybody in, and whoever is in stays in; so nobody may connect until PUBLIC has lost that right.
  createDatabase: (name: string): string[] => [`CREATE DATABASE ${id(name)} OWNER ${id(ownerRole(name))} TEMPLATE template0 STRATEGY wal_log ALLOW_CONNECTIONS false`],
  shutToOthers: (name: string): string[] => [
    `SET ROLE ${id(ownerRole(name))}; REVOKE ALL ON DATABASE ${id(name)} FROM PUBLIC; ALTER DATABASE ${id(name)} ALLOW_CONNECTIONS true; RESET ROLE`,
  ],

  // Repeatable: every statement says how it shall be, none what to change. Runs inside the tenant's database.
  openToApp: (name: string): string[] => {
    const [database, owner, app, schema] = [id(name), id(ownerRole(name)), id(appRole(name)), id(SCHEMA)];
    return [
      `SET ROLE ${owner}; GRANT CONNECT, TEMPORARY ON DATABASE ${database} TO ${app};
       CREATE SCHEMA IF NOT EXISTS ${schema}; GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${app}; REVOKE ALL ON SCHEMA public FROM PUBLIC; RESET ROLE;
       ALTER ROLE ${app} IN DATABASE ${database} SET search_path = ${schema}`,
    ];
  },

  // The role first: no new session of it can begin while those there are ended.
  disable: (name: string): string[] => [`ALTER ROLE ${id(appRole(name))} NOLOGIN; ALTER DATABASE ${id(name)} ALLOW_CONNECTIONS false`],
  enable: (name: string): string[] => [`ALTER DATABASE ${id(name)} ALLOW_CONNECTIONS true; ALTER ROLE ${id(appRole(name))} LOGIN`],

  // Access first, data second. Not by DROP's own FORCE: that fails (42501) on an autovacuum at work, which a tenant can make
  // last for hours by the settings of a table. Without it DROP ends autovacuum by itself, and waits until the sessions are gone.
  dropDatabase: (name: string, isOurs: { app: boolean; database: boolean }): string[] => [
    ...(isOurs.app ? [`ALTER ROLE ${id(appRole(name))} NOLOGIN`] : []),
    ...(isOurs.database
      ? [`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${literal(name)} AND pid <> pg_backend_pid() AND pg_has_role(usesysid, 'USAGE')`, `DROP DATABASE IF EXISTS ${id(name)}`]
      : []),
  ],
  forgetGrants: (roles: string[]): string[] => [`DROP OWNED BY ${roles.map(id).join(', ')}`],
  // The owner role carries the nonce, so it goes last: until then a repeated drop still knows what is ours.
  dropRoles: (name: string, isOurs: { app: boolean }): string[] => [...(isOurs.app ? [`DROP ROLE IF EXISTS ${id(appRole(name))}`] : []), `DROP ROLE IF EXISTS ${id(ownerRole(name))}`],
};
