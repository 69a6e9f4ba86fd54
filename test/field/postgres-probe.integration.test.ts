import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { asSuperuser, newPostgresTenant, type PostgresTenant } from './postgres-tenant';

let harness: ActivityHarness;
let tenant: PostgresTenant;

beforeAll(async () => {
  harness = await openActivityHarness();
  tenant = await newPostgresTenant(harness);
});
afterAll(async () => {
  await tenant.run('drop');
  await harness.close();
});

const suspendAndResume = async () => {
  await tenant.run('disable');
  await tenant.run('enable');
};

const ofTenant = () =>
  asSuperuser(
    harness,
    `SELECT relkind, relname FROM pg_class WHERE relnamespace = 'app'::regnamespace ORDER BY 2`,
    tenant.database,
  );

test('a table of the name that a probe once used is neither touched nor in the way', async () => {
  await tenant.sql('CREATE TABLE app.freeflow_probe (n int); INSERT INTO app.freeflow_probe VALUES (1), (2)');
  const before = await ofTenant();
  await suspendAndResume();
  expect(await ofTenant()).toEqual(before);
  expect(await tenant.sql('SELECT n FROM app.freeflow_probe ORDER BY 1')).toEqual([{ n: 1 }, { n: 2 }]);
});

test('types, functions and operators that are called like those of PostgreSQL are in no way of a resume', async () => {
  await tenant.sql(`CREATE DOMAIN app.int4 AS text CHECK (false); CREATE FUNCTION app.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS $$ SELECT 1 / 0 || $1 $$;
    CREATE FUNCTION app.never(int, int) RETURNS boolean LANGUAGE sql AS 'SELECT false'; CREATE OPERATOR app.= (LEFTARG = int, RIGHTARG = int, FUNCTION = app.never);
    ALTER ROLE CURRENT_USER SET search_path = app, pg_catalog`);
  await expect(suspendAndResume()).resolves.toBeUndefined();
  await tenant.sql('ALTER ROLE CURRENT_USER RESET search_path');
});

test('rights that a tenant takes from itself by default are in no way of a resume', async () => {
  await tenant.sql('ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM CURRENT_USER');
  await expect(suspendAndResume()).resolves.toBeUndefined();
  await tenant.sql('ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO CURRENT_USER');
});

test.each(
  [
    'default_transaction_read_only = on',
    'statement_timeout = 1',
    'lock_timeout = 1',
    'idle_in_transaction_session_timeout = 1',
    'idle_session_timeout = 1',
    'transaction_timeout = 1',
    'search_path = nowhere',
    'role = postgres',
    'exit_on_error = on',
    'local_preload_libraries = nowhere',
    'default_tablespace = pg_global',
    `DateStyle = 'German, DMY'`,
    `client_encoding = 'LATIN1'`,
    'default_transaction_isolation = serializable',
    'default_transaction_deferrable = on',
    'row_security = off',
    'standard_conforming_strings = off',
  ].map((setting, n) => `ALTER ROLE CURRENT_USER${n % 2 === 0 ? ' IN DATABASE %I' : ''} SET ${setting}`),
)('a resume goes through, and keeps what the tenant has set: %s', async (statement) => {
  // A timeout of 1 ms would end the very statements that set it.
  const patient =
    '-c statement_timeout=0 -c idle_session_timeout=0 -c idle_in_transaction_session_timeout=0 -c transaction_timeout=0 -c local_preload_libraries= -c lock_timeout=0 -c exit_on_error=off -c default_transaction_read_only=off';
  const client = await tenant.connect(undefined, patient);
  const settings = async () =>
    asSuperuser(
      harness,
      `SELECT setdatabase, setrole, setconfig FROM pg_db_role_setting WHERE setrole = '${tenant.app}'::regrole ORDER BY 1`,
    );
  const untouched = await settings();
  await client.query(statement.replace('%I', tenant.database));
  await client.end();
  const before = await settings();
  expect(before).not.toEqual(untouched);
  await suspendAndResume();
  expect(await settings()).toEqual(before);
  const [, name = ''] = /SET (\w+) =/.exec(statement) ?? [];
  await asSuperuser(
    harness,
    `${statement.split(' SET ')[0]?.replace('%I', tenant.database).replace('CURRENT_USER', tenant.app)} RESET ${name}`,
  );
  if (name === 'search_path' && statement.includes('%I'))
    await asSuperuser(harness, `ALTER ROLE ${tenant.app} IN DATABASE ${tenant.database} SET search_path = app`);
});

test('a tenant whose sessions take all it may have is resumed all the same', async () => {
  await asSuperuser(harness, `ALTER ROLE ${tenant.app} CONNECTION LIMIT 1`);
  const hungry = await tenant.connect();
  await expect(tenant.connect()).rejects.toMatchObject({ code: '53300' });
  await tenant.run('probe');
  await hungry.end();
  await asSuperuser(harness, `ALTER ROLE ${tenant.app} CONNECTION LIMIT 50`);
});

test('an administrator who lets the tenant make schemas is no leak, and a probe leaves none behind', async () => {
  await asSuperuser(harness, `GRANT CREATE ON DATABASE ${tenant.database} TO ${tenant.app}`);
  await suspendAndResume();
  expect(
    await asSuperuser(harness, `SELECT nspname FROM pg_namespace WHERE nspname LIKE 'freeflow%'`, tenant.database),
  ).toEqual([]);
  await asSuperuser(harness, `REVOKE CREATE ON DATABASE ${tenant.database} FROM ${tenant.app}`);
});
