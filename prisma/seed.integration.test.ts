import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newTestDatabase, query, withLogin, type TestDatabase } from '../test/support/migrated-database';
import { runToEnd, type Ended } from '../test/support/run-to-end';
import { createMasterClient } from './client';
import { seedTenant } from './seed';

const PNPM = ['scripts/pnpm.cjs', '--filter', '@freeflow/db-master'];
const USUAL = { postgres: 'localhost:5432/freeflow', mongodb: 'localhost:27017/null', qdrant: 'localhost:6333/null' };

let database: TestDatabase;
let migration: Ended;

beforeAll(async () => {
  database = newTestDatabase();
  migration = await run([...PNPM, 'db:migrate']);
});
afterAll(() => database.drop());

const run = (args: string[], env: Record<string, string> = {}) =>
  runToEnd(args, { MASTER_DATABASE_URL: database.url, ...env });
/** `db:seed` as it is given: from the root of the project, with the environment alone. */
const seed = (env: Record<string, string> = {}, ...args: string[]) => run([...PNPM, 'db:seed', ...args], env);
/** What that runs, without the second pnpm takes. */
const seedDirectly = (env: Record<string, string> = {}) => run(['prisma/dist/seed-main.js'], env);

it('db:migrate makes the database ready', () => {
  expect(migration).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Migration 20261123000000_init applied.'),
  });
});

it('registers demo, active, with its three connections; a second time it changes no row', async () => {
  expect(await seed()).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(
      `Database ${database.name}: tenant demo registered (active) with its three connections.`,
    ),
  });
  const [first] = await tenantsOf('demo');
  expect(first).toMatchObject({
    realmName: 'freeflow-demo',
    postgresDb: 'freeflow_demo',
    mongoDb: 'freeflow_demo',
    qdrantCollection: 'freeflow_demo_vectors',
    status: 'active',
    goneAt: null,
  });
  const connections = await connectionsOf('demo');
  expect(placesOf(connections)).toEqual(USUAL);
  expect(Object.fromEntries(connections.map((it) => [it.service, it.dbName]))).toEqual({
    postgres: 'freeflow_demo',
    mongodb: 'freeflow_demo',
    qdrant: 'freeflow_demo_vectors',
  });
  expect(connections.map((it) => it.secretRef)).toEqual([null, null, null]);

  expect(await seedDirectly()).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('tenant demo was registered already; its connections are up to date.'),
  });
  expect(await tenantsOf('demo')).toEqual([first]);
  expect((await connectionsOf('demo')).map((it) => ({ ...it, updatedAt: null }))).toEqual(
    connections.map((it) => ({ ...it, updatedAt: null })),
  );
  expect(await query(database.url, 'SELECT 1 FROM "TenantResource" UNION ALL SELECT 1 FROM "TenantOperation"')).toEqual(
    [],
  );
});

it('takes every SEED_ variable, also for a tenant registered before', async () => {
  const variables = {
    SEED_TENANT_NAME: 'globex',
    SEED_POSTGRES_HOST: 'pg.example',
    SEED_POSTGRES_PORT: '5500',
    SEED_POSTGRES_USER: 'globex_app',
    SEED_MONGO_HOST: '10.0.0.7',
    SEED_MONGO_PORT: '27500',
    SEED_QDRANT_HOST: '::1',
    SEED_QDRANT_PORT: '65535',
  };
  expect(await seedDirectly(variables)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('tenant globex registered'),
  });
  expect(placesOf(await connectionsOf('globex'))).toEqual({
    postgres: 'pg.example:5500/globex_app',
    mongodb: '10.0.0.7:27500/null',
    qdrant: '::1:65535/null',
  });
  // Set but empty is as good as not set.
  expect((await seedDirectly({ SEED_TENANT_NAME: 'globex', SEED_MONGO_PORT: '' })).code).toBe(0);
  expect(placesOf(await connectionsOf('globex'))).toEqual(USUAL);
});

it('refuses wrong values and names every variable, without the values, and writes nothing', async () => {
  const before = await query(database.url, 'SELECT * FROM "Tenant"');
  const wrong = {
    SEED_TENANT_NAME: 'master',
    SEED_POSTGRES_HOST: 'db:5432',
    SEED_POSTGRES_PORT: '70000',
    SEED_MONGO_HOST: 'mongodb://hunter22@db',
    SEED_MONGO_PORT: '0',
    SEED_QDRANT_PORT: '1e3',
  };
  const { code, stderr } = await seed(wrong);
  expect(code).toBe(1);
  expect(stderr.split('\n').filter((line) => line.startsWith('SEED_'))).toEqual([
    'SEED_TENANT_NAME is a name FreeFlow keeps for itself',
    'SEED_POSTGRES_HOST must be a host name or address, without a port',
    'SEED_POSTGRES_PORT must be a port, 1 to 65535',
    'SEED_MONGO_HOST must be a host name or address, without a port',
    'SEED_MONGO_PORT must be a port, 1 to 65535',
    'SEED_QDRANT_PORT must be a port, 1 to 65535',
  ]);
  expect(stderr).not.toContain('hunter22');
  expect(await seedDirectly({ SEED_TENANT_NAME: 'Demo', MASTER_DATABASE_URL: '' })).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'MASTER_DATABASE_URL is missing; it must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE\nSEED_TENANT_NAME must be 3 to 30 characters, lower-case letters a-z and digits only\n',
  });
  expect(await query(database.url, 'SELECT * FROM "Tenant"')).toEqual(before);
});

it('takes the URL of the master database from a file too', async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'freeflow-seed-')), 'master-url');
  writeFileSync(file, `${database.url}\n`);
  expect(
    await seedDirectly({ MASTER_DATABASE_URL: '', MASTER_DATABASE_URL_FILE: file, SEED_TENANT_NAME: 'cyberdyne' }),
  ).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`Database ${database.name}: tenant cyberdyne registered`),
  });
  rmSync(path.dirname(file), { recursive: true });
});

it('what an administrator has set of a registered tenant stays, a hold above all', async () => {
  const id = await newTenant('wayne', 'suspended');
  const set = { displayName: 'Wayne', labels: { tier: 'gold' }, deletionProtected: true, holdReason: 'case 4711' };
  await query(
    database.url,
    `UPDATE "Tenant" SET "displayName" = $2, labels = $3, "deletionProtected" = $4, "holdReason" = $5, "holdUntil" = '2999-01-01' WHERE id = $1`,
    [id, ...Object.values(set)],
  );
  const [before] = await tenantsOf('wayne');
  expect((await seedDirectly({ SEED_TENANT_NAME: 'wayne' })).code).toBe(0);
  const [after] = await tenantsOf('wayne');
  expect(after).toMatchObject({ ...set, status: 'active', holdUntil: before?.['holdUntil'] });
});

describe('a tenant that FreeFlow provisions itself is left alone', () => {
  it('when it has a ledger, whatever its status', async () => {
    const id = await newTenant('initech', 'suspended');
    await query(
      database.url,
      `INSERT INTO "TenantResource" ("id", "tenantId", "kind", "name", "nonce") VALUES ($1, $2, 'postgres', 'freeflow_initech', $1)`,
      [randomUUID(), id],
    );
    await query(
      database.url,
      `INSERT INTO "TenantConnection" ("id", "tenantId", "service", "dbName", "host", "port", "username", "secretRef") VALUES ($1, $2, 'postgres', 'freeflow_initech', 'db', 1, 'u', 'db://x')`,
      [randomUUID(), id],
    );
    const before = [await tenantsOf('initech'), await connectionsOf('initech')];
    expect(await seedDirectly({ SEED_TENANT_NAME: 'initech' })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('tenant initech was provisioned by FreeFlow, so it is left as it is.'),
    });
    expect([await tenantsOf('initech'), await connectionsOf('initech')]).toEqual(before);
  });

  it('when it was only just requested', async () => {
    const id = await newTenant('hooli', 'provisioning');
    await query(
      database.url,
      `INSERT INTO "TenantOperation" ("id", "tenantId", "kind", "requestedBy") VALUES ($1, $2, 'create', 'somebody')`,
      [randomUUID(), id],
    );
    const before = await tenantsOf('hooli');
    expect((await seedDirectly({ SEED_TENANT_NAME: 'hooli' })).code).toBe(0);
    expect(await tenantsOf('hooli')).toEqual(before);
    expect(await connectionsOf('hooli')).toEqual([]);
  });
});

it('lets eight seed the same name at once: one registers, all end with the same rows', async () => {
  const db = createMasterClient(database.url, { maxConnections: 8 });
  try {
    const server = { host: 'localhost', port: 1, username: null };
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () =>
        seedTenant(db, { name: 'umbrella', servers: { postgres: server, mongodb: server, qdrant: server } }),
      ),
    );
    expect(outcomes.toSorted()).toEqual(['registered', ...Array<string>(7).fill('updated')]);
    expect([(await tenantsOf('umbrella')).length, (await connectionsOf('umbrella')).length]).toEqual([1, 3]);
  } finally {
    await db.$disconnect();
  }
});

it('says to run db:migrate first, whether the tables or the whole database are missing', async () => {
  const other = newTestDatabase();
  const advice = `The database ${other.name} has not been migrated: run db:migrate first.`;
  try {
    expect(await seedDirectly({ MASTER_DATABASE_URL: other.url })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(advice),
    });
    await query(database.url, `CREATE DATABASE ${other.name}`);
    expect(await seedDirectly({ MASTER_DATABASE_URL: other.url })).toEqual({
      code: 1,
      stdout: '',
      stderr: `${advice}\n`,
    });
  } finally {
    await other.drop();
  }
});

it('says that the login is refused, or that the server does not answer, without the password', async () => {
  const { host } = new URL(database.url);
  expect(await seedDirectly({ MASTER_DATABASE_URL: withLogin(database.url, 'nobody', 'hunter22') })).toEqual({
    code: 1,
    stdout: '',
    stderr: `MASTER_DATABASE_URL: the PostgreSQL server at ${host} refuses the user or password (28P01).\n`,
  });
  expect(await seedDirectly({ MASTER_DATABASE_URL: 'postgresql://u:hunter22@127.0.0.1:9/x' })).toEqual({
    code: 1,
    stdout: '',
    stderr: "MASTER_DATABASE_URL: the PostgreSQL server at 127.0.0.1:9 can't be reached (ECONNREFUSED).\n",
  });
});

it('explains itself with --help, every variable named, and needs none of them for that', async () => {
  const { code, stdout } = await seed({ MASTER_DATABASE_URL: '' }, '--help');
  expect(code).toBe(0);
  for (const name of [
    'MASTER_DATABASE_URL',
    'SEED_TENANT_NAME',
    ...[
      'POSTGRES_HOST',
      'POSTGRES_PORT',
      'POSTGRES_USER',
      'MONGO_HOST',
      'MONGO_PORT',
      'QDRANT_HOST',
      'QDRANT_PORT',
    ].map((it) => `SEED_${it}`),
  ])
    expect(stdout).toContain(name);
});

interface ConnectionRow {
  service: string;
  dbName: string;
  host: string | null;
  port: number | null;
  username: string | null;
  secretRef: string | null;
}

const tenantsOf = (name: string) => query(database.url, 'SELECT * FROM "Tenant" WHERE "name" = $1', [name]);
const connectionsOf = (name: string) =>
  query<ConnectionRow>(
    database.url,
    'SELECT c.* FROM "TenantConnection" c JOIN "Tenant" t ON t."id" = c."tenantId" WHERE t."name" = $1 ORDER BY c."service"',
    [name],
  );
const placesOf = (rows: ConnectionRow[]) =>
  Object.fromEntries(rows.map((it) => [it.service, `${it.host ?? ''}:${it.port ?? 0}/${String(it.username)}`]));

async function newTenant(name: string, status: string): Promise<string> {
  const id = randomUUID();
  await query(
    database.url,
    `INSERT INTO "Tenant" ("id", "name", "realmName", "postgresDb", "mongoDb", "qdrantCollection", "status") VALUES ($1, $2, 'r', 'p', 'm', 'q', $3::"TenantStatus")`,
    [id, name, status],
  );
  return id;
}
