import type { Attack } from './attack';
import type { PostgresReach } from './postgres-reach';

const AS = 'its application role';
const UUID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;

type Query = (on: PostgresReach, by: PostgresReach) => string;

/** The very values a query shows, with the other's name taken out. */
const shows = (what: string, query: Query, answer: string): Attack => ({
  what: `see ${what}`,
  as: AS,
  answer,
  run: async ({ postgres: by }, { postgres: on }) => {
    const rows = await by.rows(query(on, by));
    return rows
      .map((row) => Object.values(row).join(' '))
      .join(', ')
      .replaceAll(on.database, '(other)')
      .replaceAll(UUID, '(uuid)');
  },
});

/** Which columns of a view hold anything about the other. */
const columns = (what: string, query: Query, answer: string): Attack => ({
  what: `see ${what}`,
  as: AS,
  answer,
  run: async ({ postgres: by }, { postgres: on }) => {
    const [row = {}] = await by.rows(query(on, by));
    return Object.entries(row)
      .filter(([, value]) => value !== null)
      .map(([name]) => name)
      .sort()
      .join(', ');
  },
});

/** What takes effect, tried in a transaction that is rolled back. */
const allowedAttack = (what: string, statements: (by: PostgresReach, on: PostgresReach) => string): Attack => ({
  what,
  as: AS,
  answer: 'done',
  run: ({ postgres: by }, { postgres: on }) => by.run(`BEGIN; ${statements(by, on)}; ROLLBACK`),
});

/** PostgreSQL's catalogs of databases, roles and sessions are one for the whole server, and everybody reads them. */
export const POSTGRES_LIMITS: readonly Attack[] = [
  shows(
    "the other's database in `pg_database`: name, owner, who may do what",
    (on) => `SELECT datname, pg_get_userbyid(datdba), datacl::text FROM pg_database WHERE datname = '${on.database}'`,
    '(other) (other)_owner {(other)_owner=CTc/(other)_owner,(other)_app=Tc/(other)_owner}',
  ),
  shows(
    "the other's roles in `pg_roles`: names and nonces, no password",
    (on) =>
      `SELECT rolname, rolpassword, shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname LIKE '${on.database}\\_%' ORDER BY 1`,
    '(other)_app ******** freeflow:(uuid), (other)_owner ******** freeflow:(uuid)',
  ),
  shows(
    'the settings the other has put on its role in `pg_db_role_setting`',
    (on) => `SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setrole = '${on.app}'::regrole`,
    'search_path=app',
  ),
  columns(
    "the other's session in `pg_stat_activity`",
    (on) => `SELECT * FROM pg_stat_activity WHERE pid = ${on.pid}`,
    'application_name, datid, datname, pid, query, usename, usesysid',
  ),
  shows(
    "the other's query in `pg_stat_activity`",
    (on) => `SELECT query FROM pg_stat_activity WHERE pid = ${on.pid}`,
    '<insufficient privilege>',
  ),
  {
    what: "see the other's figures in `pg_stat_database`",
    as: AS,
    answer: 'numbers and times only',
    run: async ({ postgres: by }, { postgres: on }) => {
      const [{ datname, ...figures } = {}] = await by.rows(
        `SELECT * FROM pg_stat_database WHERE datname = '${on.database}'`,
      );
      // Numbers too large for JavaScript come as text.
      const isFigure = (value: unknown) =>
        value === null ||
        value instanceof Date ||
        typeof value === 'number' ||
        (typeof value === 'string' && /^\d+$/.test(value));
      const others = Object.entries(figures).filter(([, value]) => !isFigure(value));
      return datname === on.database && others.length === 0
        ? 'numbers and times only'
        : others.map(([name]) => name).join(', ');
    },
  },
  allowedAttack(
    'change its own password, so that the stored one no longer holds',
    (by) => `ALTER ROLE ${by.app} PASSWORD 'mine'`,
  ),
  allowedAttack(
    'grant the other a right on a table of its own, which the other cannot reach',
    (_, on) => `CREATE TABLE gift (n int); GRANT SELECT ON gift TO ${on.app}, ${on.owner}`,
  ),
];
