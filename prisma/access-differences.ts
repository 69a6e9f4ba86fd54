import type { RoleNames } from './grant-access';
import { MASTER_GRANTS, MASTER_ROLES, UPDATED_COLUMNS, WORKER_FUNCTIONS, type MasterRole } from './master-roles';
import { withMasterSession } from './master-session';

interface Right {
  readonly role: string;
  readonly table: string;
  readonly privilege: string;
}
interface Call {
  readonly role: string;
  readonly name: string;
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

/** The name by which all roles are meant. */
const EVERYBODY = 'public';

/**
 * Who may call a function of ours, or one that acts in the rights of its owner; not those of extensions, nor those of
 * triggers, which nobody can call.
 */
const FUNCTION_RIGHTS = `SELECT DISTINCT r.role, p.proname AS name FROM unnest($1::text[]) r(role), pg_proc p
  WHERE p.pronamespace = 'public'::regnamespace AND (p.prosecdef OR p.proname = ANY($2)) AND p.prorettype <> 'trigger'::regtype
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    AND has_function_privilege(r.role, p.oid, 'EXECUTE') ORDER BY name`;

/**
 * How the rights of the two roles differ from {@link MASTER_GRANTS}, {@link UPDATED_COLUMNS} and
 * {@link WORKER_FUNCTIONS}, one line for each difference. Changes nothing; any login may run it.
 * @throws PgError
 */
export async function accessDifferences(url: string, roles: RoleNames = MASTER_ROLES): Promise<string[]> {
  return withMasterSession(url, async (session) => {
    const { rows: found } = await session.query<RoleRow>(ROLE_ROWS, [Object.values(roles)]);
    const names = found.map(({ role }) => role);
    const { rows: rights } = await session.query<Right>(`${RIGHTS} UNION ALL ${COLUMN_RIGHTS}`, [names]);
    const { rows: calls } = await session.query<Call>(FUNCTION_RIGHTS, [[EVERYBODY, ...names], WORKER_FUNCTIONS]);
    const {
      rows: [connect],
    } = await session.query<{ isOpen: boolean }>(
      `SELECT has_database_privilege('public', current_database(), 'CONNECT') AS "isOpen"`,
    );
    return [
      ...(connect?.isOpen === true ? ['everybody may connect'] : []),
      ...functionsOf(EVERYBODY, calls).map((it) => `everybody may call ${it}`),
      ...(Object.keys(roles) as MasterRole[]).flatMap((role) =>
        differencesOf(role, roles[role], found, { rights, calls }),
      ),
    ];
  });
}

const functionsOf = (name: string, calls: readonly Call[]): string[] =>
  calls.filter(({ role }) => role === name).map((it) => it.name);

function differencesOf(
  role: MasterRole,
  name: string,
  found: readonly RoleRow[],
  { rights, calls }: { rights: readonly Right[]; calls: readonly Call[] },
): string[] {
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
    ...(role === 'worker' ? WORKER_FUNCTIONS.map(callOf) : []),
  ];
  const open = functionsOf(EVERYBODY, calls);
  const own = functionsOf(name, calls);
  const has = [
    ...rights.filter((it) => it.role === name).map(({ table, privilege }) => `${privilege} on ${table}`),
    ...own.map(callOf),
  ];
  // What everybody may is said once.
  const isOpen = (right: string) => open.some((it) => callOf(it) === right);
  return [
    ...(row.canLogIn ? [] : [`${name} may not log in`]),
    ...(row.canConnect ? [] : [`${name} may not connect to the database`]),
    ...shall.filter((it) => !has.includes(it)).map((it) => `${name} lacks ${it}`),
    ...has.filter((it) => !shall.includes(it) && !isOpen(it)).map((it) => `${name} has ${it}`),
  ];
}

const callOf = (name: string): string => `EXECUTE on ${name}`;
