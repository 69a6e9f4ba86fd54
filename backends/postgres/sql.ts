import { escapeIdentifier as id, escapeLiteral as literal } from 'pg';
import type { Target } from '../backend';
import { laterLogins, loginOf } from '../logins-in-turn';
import { IS_INVALID } from './invalid-database';

/** The schema the tenant works in; `public` stays shut. */
export const SCHEMA = 'app';

export const ownerRole = (database: string) => `${database}_owner`;
export const appRole = (database: string) => `${database}_app`;
/**
 * The roles that log in after a rotation, in turn: three, so that the one before, the present and the next one are
 * never the same. They are members of the app role and act as it, which goes on owning all that the tenant makes.
 */
export const loginRoles = (database: string): string[] => laterLogins(`${database}_login_`);
/** The role that logs in by a version of the credential. The first is the app role itself. */
export const loginRole = ({ name, credential = 1 }: Pick<Target, 'name' | 'credential'>): string =>
  loginOf(credential, appRole(name), loginRoles(name));
/** Whose sessions are the tenant's. */
export const rolesOf = (database: string): string[] => [
  appRole(database),
  ...loginRoles(database),
  ownerRole(database),
];
export const formatNonce = (nonce: string) => `freeflow:${nonce}`;

/** What exists at the server under a tenant's name. */
export interface Found {
  ownerNonce: string | null;
  ownerExists: boolean;
  appNonce: string | null;
  appExists: boolean;
  databaseOid: string | null;
  databaseOwner: string | null;
  /** See {@link IS_INVALID}. */
  databaseIsInvalid: boolean;
  /** The roles of later credentials that exist. */
  logins: readonly { role: string; nonce: string | null }[];
}

/** Finds it, by database, owner role, app role and those of later credentials; always one row. */
export const FIND = `
  SELECT o.oid IS NOT NULL AS "ownerExists", shobj_description(o.oid, 'pg_authid') AS "ownerNonce",
         a.oid IS NOT NULL AS "appExists", shobj_description(a.oid, 'pg_authid') AS "appNonce",
         d.oid::text AS "databaseOid", pg_get_userbyid(d.datdba) AS "databaseOwner",
         coalesce(${IS_INVALID}, false) AS "databaseIsInvalid",
         (SELECT coalesce(json_agg(json_build_object('role', l.rolname, 'nonce', shobj_description(l.oid, 'pg_authid'))), '[]')
            FROM pg_roles l WHERE l.rolname = ANY ($4)) AS logins
    FROM (SELECT 1) one
    LEFT JOIN pg_roles o ON o.rolname = $2
    LEFT JOIN pg_roles a ON a.rolname = $3
    LEFT JOIN pg_database d ON d.datname = $1`;

/** Names the foreign resource that is in the way; undefined where all that exists is ours. */
export function findForeign(found: Found, { name, nonce }: Target): string | undefined {
  const ours = formatNonce(nonce);
  if (found.ownerExists && found.ownerNonce !== ours)
    return `role ${ownerRole(name)} exists and isn't ours (${found.ownerNonce ?? 'no nonce'})`;
  if (found.appExists && found.appNonce !== ours)
    return `role ${appRole(name)} exists and isn't ours (${found.appNonce ?? 'no nonce'})`;
  const strange = found.logins.find((it) => it.nonce !== ours);
  if (strange !== undefined) return `role ${strange.role} exists and isn't ours (${strange.nonce ?? 'no nonce'})`;
  if (found.databaseOid !== null && found.databaseOwner !== ownerRole(name))
    return `database ${name} exists and belongs to ${found.databaseOwner}`;
  return undefined;
}

/** The statements of a create, in order. Those of one string are one transaction; CREATE DATABASE stands alone. */
export const sql = {
  // One transaction, so no role of ours ever exists without its nonce.
  createRoles: (name: string, nonce: string, verifier: string, connectionsMax: number): string => {
    const [owner, app, ours] = [id(ownerRole(name)), id(appRole(name)), literal(formatNonce(nonce))];
    return `CREATE ROLE ${owner} NOLOGIN; COMMENT ON ROLE ${owner} IS ${ours};
       CREATE ROLE ${app} LOGIN CONNECTION LIMIT ${connectionsMax} PASSWORD ${literal(verifier)}; COMMENT ON ROLE ${app} IS ${ours}`;
  },

  // A new database lets every role connect, and an open session stays; so no connection is allowed until PUBLIC has
  // lost that right.
  createDatabase: (name: string, locale: string): string =>
    `CREATE DATABASE ${id(name)} OWNER ${id(ownerRole(name))} TEMPLATE template0 STRATEGY wal_log ENCODING 'UTF8' ${locale} ALLOW_CONNECTIONS false`,
  revokePublicAccess: (name: string): string =>
    `SET ROLE ${id(ownerRole(name))}; REVOKE ALL ON DATABASE ${id(name)} FROM PUBLIC; SET ROLE NONE`,

  // Repeatable: every statement sets a state, none changes one relative to what it was. Runs inside the tenant's
  // database.
  openToApp: (name: string): string => {
    const [database, owner, app, schema] = [id(name), id(ownerRole(name)), id(appRole(name)), id(SCHEMA)];
    return `SET ROLE ${owner}; GRANT CONNECT, TEMPORARY ON DATABASE ${database} TO ${app};
       CREATE SCHEMA IF NOT EXISTS ${schema}; GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${app}; REVOKE ALL ON SCHEMA public FROM PUBLIC; SET ROLE NONE;
       ALTER ROLE ${owner} NOLOGIN`;
  },
  searchOwnSchema: (name: string, login: string): string =>
    `ALTER ROLE ${id(login)} IN DATABASE ${id(name)} SET search_path = ${id(SCHEMA)}`,
};
