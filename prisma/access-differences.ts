import type { RoleNames } from './grant-access';
import { MASTER_GRANTS, MASTER_ROLES, UPDATED_COLUMNS, type MasterRole } from './master-roles';
import { withMasterSession } from './master-session';

interface Right {
  readonly role: string;
  readonly table: string;
  readonly privilege: string;
}
interface RoleRow {
  readonly role: string;
  readonly canLogIn: boolean;
  readonly isSuperuser: boolean;
  readonly canConnect: boolean;
}

const ROLE_ROWS = `SELECT rolname AS role, rolcanlogin AS "canLogIn", rolsuper AS "isSuperuser", has_database_privilege(oid, current_database(), 'CONNECT') AND has_schema_privilege(oid, 'public', 'USAGE') AS "canConnect"
  FROM pg_roles WHERE rolname = ANY($1)`;

const RIGHTS = `SELECT r.rolname AS role, c.relname AS "table", p AS privilege FROM pg_roles r, pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
  WHERE r.rolname = ANY($1) AND c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND has_table_privilege(r.oid, c.oid, p)`;

/** Rights on a column whose table the role has no such right on. */
const COLUMN_RIGHTS = `SELECT r.rolname AS role, c.relname || '.' || a.attname AS "table", p AS privilege
  FROM pg_roles r, pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) p
  WHERE r.rolname = ANY($1) AND c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND has_column_privilege(r.oid, c.oid, a.attnum, p) AND NOT has_table_privilege(r.oid, c.oid, p)`;

/**
 * How the rights of the two roles differ from {@link MASTER_GRANTS} and {@link UPDATED_COLUMNS}, one line for each
 * difference. Changes nothing; any login may run it.
 * @throws PgError
 */
export async function accessDifferences(url: string, roles: RoleNames = MASTER_ROLES): Promise<string[]> {
  return withMasterSession(url, async (session) => {
    const names = Object.values(roles);
    const { rows: found } = await session.query<RoleRow>(ROLE_ROWS, [names]);
    const { rows: rights } = await session.query<Right>(`${RIGHTS} UNION ALL ${COLUMN_RIGHTS}`, [names]);
    const {
      rows: [open],
    } = await session.query<{ isOpen: boolean }>(
      `SELECT has_database_privilege('public', current_database(), 'CONNECT') AS "isOpen"`,
    );
    return [
      ...(open?.isOpen === true ? ['everybody may connect'] : []),
      ...(Object.keys(roles) as MasterRole[]).flatMap((role) => differencesOf(role, roles[role], found, rights)),
    ];
  });
}

function differencesOf(role: MasterRole, name: string, found: readonly RoleRow[], rights: readonly Right[]): string[] {
  const row = found.find((it) => it.role === name);
  if (row === undefined) return [`there is no role ${name}`];
  if (row.isSuperuser) return [`${name} is a superuser`];
  const shall = [
    ...Object.entries(MASTER_GRANTS[role]).flatMap(([table, privileges]) =>
      privileges.map((privilege) => `${privilege} on ${table}`),
    ),
    ...Object.entries(UPDATED_COLUMNS[role]).flatMap(([table, columns]) =>
      columns.map((column) => `UPDATE on ${table}.${column}`),
    ),
  ];
  const has = rights.filter((it) => it.role === name).map(({ table, privilege }) => `${privilege} on ${table}`);
  return [
    ...(row.canLogIn ? [] : [`${name} may not log in`]),
    ...(row.canConnect ? [] : [`${name} may not connect to the database`]),
    ...shall.filter((it) => !has.includes(it)).map((it) => `${name} lacks ${it}`),
    ...has.filter((it) => !shall.includes(it)).map((it) => `${name} has ${it}`),
  ];
}
