import { partsOf, type Attack, type Matrix } from './attack';
import { ON_THE_SERVER } from './attacks-postgres-server';
import { POSTGRES_LIMITS } from './limits-postgres';
import type { TenantSession } from './tenant-session';

const AS = 'its application role';
const DENIED = '42501';
const WRONG_PASSWORD = '28P01';

type Sql = (by: TenantSession['postgres'], on: TenantSession['postgres']) => string;
type Login = (by: TenantSession, on: TenantSession) => Parameters<TenantSession['postgres']['logIn']>[0];

const sql = (what: string, statement: Sql, answer = DENIED): Attack => ({
  what,
  as: AS,
  answer,
  run: (by, on) => by.postgres.run(statement(by.postgres, on.postgres)),
});

const logIn = (what: string, changes: Login, answer: string, as = AS): Attack => ({
  what,
  as,
  answer,
  run: (by, on) => by.postgres.logIn(changes(by, on)),
});

const INTO_DATABASES = [
  logIn("the other's", (_, on) => ({ database: on.postgres.database }), DENIED),
  logIn('`postgres`', () => ({ database: 'postgres' }), DENIED),
  logIn('`template1`', () => ({ database: 'template1' }), DENIED),
  logIn('`freeflow_master`', (by) => ({ database: by.masterDatabase }), DENIED),
  logIn('`template0`', () => ({ database: 'template0' }), '55000'),
].map((it) => ({ ...it, what: `log in to a database: ${it.what}` }));

const WITH_OTHERS_NAMES = [
  logIn(
    "the other's application role, to the other's database",
    (_, on) => ({ user: on.postgres.app, database: on.postgres.database }),
    WRONG_PASSWORD,
  ),
  logIn("the other's application role, to its own database", (_, on) => ({ user: on.postgres.app }), WRONG_PASSWORD),
  logIn(
    "the other's owner role",
    (_, on) => ({ user: on.postgres.owner, database: on.postgres.database }),
    WRONG_PASSWORD,
  ),
  logIn('its own owner role', (by) => ({ user: by.postgres.owner }), WRONG_PASSWORD),
  logIn('the provisioner', () => ({ user: 'freeflow_provisioner', database: 'postgres' }), WRONG_PASSWORD),
  logIn(
    "the worker's role, to `freeflow_master`",
    (by) => ({ user: 'freeflow_worker', database: by.masterDatabase }),
    WRONG_PASSWORD,
  ),
  logIn('the superuser', () => ({ user: 'postgres', database: 'postgres' }), WRONG_PASSWORD),
].map((it) => ({ ...it, what: `log in as ${it.what}`, as: 'another name, its own password' }));

const ON_THE_OTHER = [
  sql('read a table of the other, by its full name', (_, on) => `SELECT * FROM ${on.database}.app.seed_data`, '0A000'),
  sql("measure the other's database", (_, on) => `SELECT pg_database_size('${on.database}')`),
  sql("drop the other's database", (_, on) => `DROP DATABASE ${on.database}`),
  sql("shut the other's database", (_, on) => `ALTER DATABASE ${on.database} ALLOW_CONNECTIONS false`),
  sql("change a setting of the other's database", (_, on) => `ALTER DATABASE ${on.database} SET work_mem = '64kB'`),
  sql("copy the other's database", (by, on) => `CREATE DATABASE ${by.database}_copy TEMPLATE ${on.database}`),
  sql(
    "grant itself CONNECT on the other's database",
    (by, on) => `GRANT CONNECT ON DATABASE ${on.database} TO ${by.app}`,
  ),
  sql('take CONNECT from the other', (_, on) => `REVOKE CONNECT ON DATABASE ${on.database} FROM ${on.app}`),
  sql('change the password of the other', (_, on) => `ALTER ROLE ${on.app} PASSWORD 'stolen'`),
  sql('lock the other out', (_, on) => `ALTER ROLE ${on.app} NOLOGIN`),
  sql('drop the role of the other', (_, on) => `DROP ROLE ${on.app}`),
  sql('take over all that the other owns', (by, on) => `REASSIGN OWNED BY ${on.app} TO ${by.app}`),
  sql('drop all that the other owns', (_, on) => `DROP OWNED BY ${on.app}`),
  sql('become the other', (_, on) => `SET ROLE ${on.app}`),
  sql("become the other's owner", (_, on) => `SET ROLE ${on.owner}`),
  sql('become the other, inside a function', (_, on) => `DO $$ BEGIN EXECUTE 'SET ROLE ${on.app}'; END $$`),
  sql('become the other, as its session', (_, on) => `SET SESSION AUTHORIZATION ${on.app}`),
  sql('grant itself the role of the other', (by, on) => `GRANT ${on.app} TO ${by.app}`),
  sql('grant its own role to the other', (by, on) => `GRANT ${by.app} TO ${on.app}`),
  sql('take the role of the other from the provisioner', (_, on) => `REVOKE ${on.app} FROM freeflow_provisioner`),
  sql("end the other's session", (_, on) => `SELECT pg_terminate_backend(${on.pid})`),
  sql("cancel the other's query", (_, on) => `SELECT pg_cancel_backend(${on.pid})`),
  sql("change the other's nonce (COMMENT)", (_, on) => `COMMENT ON ROLE ${on.owner} IS 'mine'`),
];

const ON_ITSELF = [
  sql('drop its own database', (by) => `DROP DATABASE ${by.database}`),
  sql('rename its own database', (by) => `ALTER DATABASE ${by.database} RENAME TO ${by.database}_mine`),
  sql('own its own database', (by) => `ALTER DATABASE ${by.database} OWNER TO ${by.app}`),
  sql('become the owner of its own database', (by) => `SET ROLE ${by.owner}`),
  sql(
    'let the other into its own database',
    (by, on) => `GRANT CONNECT ON DATABASE ${by.database} TO ${on.app}`,
    'warning 01007',
  ),
  sql(
    'let everybody into its own database',
    (by) => `GRANT CONNECT ON DATABASE ${by.database} TO PUBLIC`,
    'warning 01007',
  ),
  sql('lift the limits of its own role', (by) => `ALTER ROLE ${by.app} CONNECTION LIMIT 1000`),
  sql('make a schema', () => 'CREATE SCHEMA mine'),
  sql('make a table in `public`', () => 'CREATE TABLE public.mine (n int)'),
  sql('drop its own schema', () => 'DROP SCHEMA app CASCADE'),
  sql('change its own nonce (COMMENT on the owner role)', (by) => `COMMENT ON ROLE ${by.owner} IS 'freeflow:mine'`),
  sql('change its own nonce (COMMENT on the application role)', (by) => `COMMENT ON ROLE ${by.app} IS 'freeflow:mine'`),
  sql('comment on its own database', (by) => `COMMENT ON DATABASE ${by.database} IS 'freeflow:mine'`),
  sql('change its own nonce in the catalog', () => `UPDATE pg_shdescription SET description = 'freeflow:mine'`),
  ...['SUPERUSER', 'CREATEDB', 'CREATEROLE', 'REPLICATION', 'BYPASSRLS'].map((right) =>
    sql(`give itself ${right}`, (by) => `ALTER ROLE ${by.app} ${right}`),
  ),
];

const WRITES = 'CREATE TABLE IF NOT EXISTS probe (n int); INSERT INTO probe VALUES (42); DROP TABLE probe';

export const POSTGRES: Matrix = {
  title: 'PostgreSQL',
  codes:
    '`42501` insufficient privilege, `28P01` wrong password, `55000` closed to everybody, `0A000` no way leads from one database into another, `warning 01007` nothing was granted',
  parts: partsOf(
    [
      sql('make, fill and drop a table of its own', () => WRITES, 'done'),
      logIn('log in to its own database', () => ({}), 'done'),
    ],
    [...INTO_DATABASES, ...WITH_OTHERS_NAMES, ...ON_THE_OTHER, ...ON_ITSELF, ...ON_THE_SERVER],
    POSTGRES_LIMITS,
  ),
};
