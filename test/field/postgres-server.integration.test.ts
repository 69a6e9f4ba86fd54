import { execFileSync } from 'node:child_process';
import { chownSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Client } from 'pg';
import { PostgresServer } from '../../backends/postgres/server';
import { readStackInfo } from '../../stack/stack-info';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { freeflow } from '../support/freeflow';
import { inDatabase, TEST_STACK } from '../support/master';
import { withPostgres } from '../support/outside';
import { openOwnPostgres, type OwnPostgres, postgresWithTls } from '../support/own-postgres';
import { until } from '../support/until';
import { ENDED, newPostgresTenant, type PostgresTenant } from './postgres-tenant';

// Of 300 connections all but 30 are for superusers, and 20 of those for the provisioner, so ten of a tenant's sessions
// take all there is.
const SETTINGS = { max_prepared_transactions: '10', wal_level: 'logical', superuser_reserved_connections: '270' };
const FOR_TENANTS = 10;

let server: OwnPostgres;
let harness: ActivityHarness;

beforeAll(async () => {
  server = await openOwnPostgres(SETTINGS, await postgresWithTls());
  // An admin URL without a database, as managed servers hand it out.
  harness = await openActivityHarness({ POSTGRES_ADMIN_URL: server.provisionerUrl.replace(/\/postgres$/, '/') });
  harness.info = {
    ...harness.info,
    postgres: { ...harness.info.postgres, url: server.url, provisionerUrl: server.provisionerUrl },
  };
});
afterAll(async () => {
  await harness.close();
  await server.close();
});

const asSuperuser = (statements: string, database = 'postgres') =>
  withPostgres(
    inDatabase(server.url, database),
    async (client) => (await client.query<Record<string, unknown>>(statements)).rows,
  );
const left = ({ database }: PostgresTenant) =>
  asSuperuser(
    `SELECT datname FROM pg_database WHERE datname = '${database}' UNION ALL SELECT rolname FROM pg_roles WHERE starts_with(rolname, '${database}_')`,
  );
const prepare = async (tenant: PostgresTenant, statement: string) => {
  const client = await tenant.connect();
  await client.query(`BEGIN; ${statement}`);
  await client.query(`PREPARE TRANSACTION '${tenant.database}'`);
  await client.end();
};

test('a tenant that prepares a transaction which holds its own role is suspended, resumed and dropped', async () => {
  const tenant = await newPostgresTenant(harness);
  await prepare(tenant, `ALTER ROLE CURRENT_USER PASSWORD 'x'`);
  await tenant.run('disable');
  await tenant.run('enable');
  await prepare(tenant, 'CREATE TABLE app.held (n int)');
  await tenant.run('drop');
  expect(await tenant.lastMessage()).toContain(`prepared transaction ${tenant.database} was rolled back`);
  expect(await left(tenant)).toEqual([]);
});

test('a prepared transaction that has nothing to do with a suspension outlives it', async () => {
  const tenant = await newPostgresTenant(harness);
  await prepare(tenant, 'CREATE TABLE app.kept (n int)');
  await tenant.run('disable');
  await tenant.run('enable');
  await tenant.sql(`COMMIT PREPARED '${tenant.database}'`);
  await expect(tenant.sql('SELECT n FROM app.kept')).resolves.toEqual([]);
  await tenant.run('drop');
});

test("a neighbour's prepared transaction with a grant does not keep the roles of a tenant, not even while the neighbour is suspended", async () => {
  const [neighbour, tenant] = [await newPostgresTenant(harness), await newPostgresTenant(harness)];
  await prepare(neighbour, `CREATE TABLE app.gift (n int); GRANT SELECT ON app.gift TO ${tenant.app}`);
  await neighbour.run('disable');
  await tenant.run('drop');
  expect(await left(tenant)).toEqual([]);
  await neighbour.run('drop');
});

test('subscriptions, publications, large objects and an idle slot go with the database of a tenant, even where it was made a template', async () => {
  const tenant = await newPostgresTenant(harness);
  await asSuperuser(
    `GRANT pg_create_subscription TO ${tenant.app}; GRANT CREATE ON DATABASE ${tenant.database} TO ${tenant.app}`,
  );
  await tenant.sql(`CREATE TABLE app.t (n int); CREATE PUBLICATION mine FOR TABLE app.t; SELECT lo_create(0)`);
  await tenant.sql(
    `CREATE SUBSCRIPTION mine CONNECTION 'host=nowhere.invalid dbname=x password=x' PUBLICATION theirs WITH (connect = false)`,
  );
  await asSuperuser(`SELECT pg_create_logical_replication_slot('${tenant.database}', 'pgoutput')`, tenant.database);
  await asSuperuser(`ALTER DATABASE ${tenant.database} IS_TEMPLATE true`);
  await tenant.run('drop');
  expect(await tenant.lastMessage()).toContain('subscription mine was dropped');
  expect(await left(tenant)).toEqual([]);
  expect(await asSuperuser('SELECT slot_name FROM pg_replication_slots')).toEqual([]);
});

test("an administrator's prepared transaction or subscription in a tenant's database is named, with the way out, before anything is dropped", async () => {
  const tenant = await newPostgresTenant(harness);
  await asSuperuser(
    `CREATE SUBSCRIPTION admins CONNECTION 'host=nowhere.invalid dbname=x' PUBLICATION theirs WITH (connect = false)`,
    tenant.database,
  );
  await asSuperuser(`BEGIN; CREATE TABLE public.admins (n int); PREPARE TRANSACTION 'admins'`, tenant.database);
  const failure = await tenant.run('drop').catch((error: unknown) => error);
  expect(failure).toMatchObject({
    type: 'blocked',
    message: expect.stringContaining(`prepared transaction admins of postgres: ROLLBACK PREPARED 'admins'`),
  });
  expect(String(failure)).toContain('subscription admins of postgres: DROP SUBSCRIPTION "admins"');
  await asSuperuser(`ALTER DATABASE ${tenant.database} ALLOW_CONNECTIONS true`);
  for (const statement of [
    `ROLLBACK PREPARED 'admins'`,
    'ALTER SUBSCRIPTION admins DISABLE',
    'ALTER SUBSCRIPTION admins SET (slot_name = NONE)',
    'DROP SUBSCRIPTION admins',
  ])
    await asSuperuser(statement, tenant.database);
  await tenant.run('drop');
  expect(await left(tenant)).toEqual([]);
});

test('a tenant has so many connections and no more, and where tenants have taken all there are, others are made, suspended and dropped', async () => {
  const hungry = await newPostgresTenant(harness);
  expect(await asSuperuser(`SELECT rolconnlimit FROM pg_roles WHERE rolname = '${hungry.app}'`)).toEqual([
    { rolconnlimit: 50 },
  ]);
  const taken: Client[] = [];
  // Sessions of the provisioner that end meanwhile leave their places to the tenant.
  for (let isFull = false; !isFull;) {
    isFull = await hungry.connect().then(
      (it) => taken.push(it) > FOR_TENANTS,
      (error: { code?: string }) => error.code === '53300',
    );
  }
  expect(taken.length).toBeLessThanOrEqual(FOR_TENANTS);
  const other = await newPostgresTenant(harness);
  await other.run('disable');
  await other.run('drop');
  await hungry.run('disable');
  for (const it of taken) await expect(it.query('SELECT 1')).rejects.toThrow(ENDED);
  await hungry.run('drop');
});

test('a certificate that is not trusted is reported as that, by a step and by the doctor', async () => {
  const [{ data_directory: data = '' } = {}] = (await asSuperuser('SHOW data_directory')) as {
    data_directory?: string;
  }[];
  const [key, certificate] = [path.join(data, 'server.key'), path.join(data, 'server.crt')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=127.0.0.1',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { stdio: 'ignore' },
  );
  const { uid, gid } = statSync(data);
  for (const file of [key, certificate]) chownSync(file, uid, gid);
  await asSuperuser('ALTER SYSTEM SET ssl = on');
  await asSuperuser('SELECT pg_reload_conf()');
  await until('the server speaks TLS', async () => (await asSuperuser('SHOW ssl'))[0]?.['ssl'] === 'on');
  const url = `${server.provisionerUrl}?sslmode=require`;
  const strict = harness.another({ POSTGRES_ADMIN_URL: url });
  await expect(strict.run('postgres.create', await strict.newTenant())).rejects.toMatchObject({
    type: 'certificate',
    message: expect.stringMatching(/self.signed certificate/),
  });
  await strict.close();
  const { stdout } = await freeflow(['doctor', '--json'], {
    POSTGRES_ADMIN_URL: url,
    FREEFLOW_STACK_DIR: '/nonexistent',
  });
  expect(stdout).toMatch(/self.signed certificate/);
  expect(stdout).toContain('NODE_EXTRA_CA_CERTS');
});

test('on a server made without UTF-8 tenant databases are UTF-8 all the same', async () => {
  // As initdb makes it in a locale of another encoding: what template0 says of itself is what counts.
  await asSuperuser(`CREATE DATABASE other_encoding TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'`);
  await asSuperuser(`UPDATE pg_database SET datistemplate = false WHERE datname = 'template0'`);
  await asSuperuser('DROP DATABASE template0');
  await asSuperuser(
    `ALTER DATABASE other_encoding RENAME TO template0; UPDATE pg_database SET datistemplate = true, datallowconn = false WHERE datname = 'template0'`,
  );
  for (const locale of ['C', 'de_DE.ISO-8859-1']) {
    await asSuperuser(
      `UPDATE pg_database SET datcollate = '${locale}', datctype = '${locale}' WHERE datname = 'template0'`,
    );
    const tenant = await newPostgresTenant(harness);
    expect(
      await asSuperuser(
        `SELECT pg_encoding_to_char(encoding) AS encoding, datctype FROM pg_database WHERE datname = '${tenant.database}'`,
      ),
    ).toEqual([{ encoding: 'UTF8', datctype: 'C' }]);
    await tenant.run('drop');
  }
});

test('where the address leads to another server than the one that was asked, nothing is done there', async () => {
  const address = new URL(readStackInfo(TEST_STACK).postgres.provisionerUrl);
  const reached = new PostgresServer(address, 1);
  const never = new AbortController().signal;
  const work = jest.fn();
  try {
    await reached.identify();
    const { username, password, host } = new URL(server.provisionerUrl);
    Object.assign(address, { username, password, host });
    await expect(reached.inDatabase(reached.home, never, work)).rejects.toMatchObject({ type: 'unknown-server' });
    expect(work).not.toHaveBeenCalled();
  } finally {
    await reached.close();
  }
});
