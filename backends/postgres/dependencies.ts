import type { Pool } from 'pg';

/** Something for which PostgreSQL keeps a role: that it owns, or has rights on. */
export interface Dependency {
  /** Where it is; nothing where it belongs to the whole server, as a database or a tablespace. */
  database: string | null;
  role: string;
  /** What it is, as far as can be seen from outside of its database. */
  what: string;
  /** It owns it, and it may be data: not only settings about rights. */
  isPossession: boolean;
}

// A subscription belongs to the whole server, yet to one database. Default privileges and user mappings count as owned
// by the role they are for; nothing is lost with them. PostgreSQL describes what is in the present database, or belongs
// to the whole server; of the rest there are kind and number.
const DEPENDENCIES = `
  SELECT d.datname AS database, r.rolname AS role,
         CASE s.dbid WHEN 0 THEN pg_describe_object(s.classid, s.objid, s.objsubid) ELSE format('an entry of %s with OID %s', s.classid::regclass, s.objid) END AS what,
         s.deptype = 'o' AND s.classid NOT IN ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass) AS "isPossession"
    FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid LEFT JOIN pg_database d ON d.oid = s.dbid
   WHERE s.refclassid = 'pg_authid'::regclass AND r.rolname = ANY ($1) AND d.datname IS DISTINCT FROM $2
     AND NOT (s.dbid = 0 AND s.classid = 'pg_database'::regclass AND s.objid = coalesce((SELECT oid FROM pg_database WHERE datname = $2), 0))
     AND NOT (s.dbid = 0 AND s.classid = 'pg_subscription'::regclass AND s.objid IN (SELECT u.oid FROM pg_subscription u JOIN pg_database o ON o.oid = u.subdbid WHERE o.datname = $2))
   ORDER BY d.datname NULLS FIRST, r.rolname, s.classid, s.objid`;

/** What keeps these roles outside of their own database, which isn't looked at. */
export async function dependenciesOf(
  pool: Pool,
  roles: readonly string[],
  ownDatabase: string | undefined,
): Promise<Dependency[]> {
  return (await pool.query<Dependency>(DEPENDENCIES, [roles, ownDatabase ?? ''])).rows;
}
