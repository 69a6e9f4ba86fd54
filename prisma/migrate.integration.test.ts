import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import {
  adminUrl,
  newTestDatabase,
  outcomeOf,
  query,
  withLogin,
  type TestDatabase,
} from '../test/support/migrated-database';
import { MIGRATIONS_DIR } from './migration-files';

const MIGRATIONS = readdirSync(MIGRATIONS_DIR, { withFileTypes: true })
  .filter((it) => it.isDirectory())
  .map((it) => it.name)
  .sort();
const [INIT = ''] = MIGRATIONS;
let database: TestDatabase;

beforeEach(() => {
  database = newTestDatabase();
});
afterEach(() => database.drop());

const rows = () =>
  query<{ migration_name: string; checksum: string; finished_at: Date | null; rolled_back_at: Date | null }>(
    database.url,
    'SELECT * FROM _prisma_migrations ORDER BY started_at',
  );

describe('on a server without the database', () => {
  it('creates the database and applies every migration', async () => {
    await database.migrate();
    expect(database.said.slice(0, 2)).toEqual([`Database ${database.name} created.`, `Migration ${INIT} applied.`]);
    expect(await query(database.url, 'SELECT count(*)::int AS n FROM "Tenant"')).toEqual([{ n: 0 }]);
  });

  it("leaves the very rows Prisma's own `migrate deploy` goes on from", async () => {
    await database.migrate();
    const checksum = (name: string) =>
      createHash('sha256')
        .update(readFileSync(path.join(MIGRATIONS_DIR, name, 'migration.sql')))
        .digest('hex');
    expect(await rows()).toMatchObject(
      MIGRATIONS.map((name) => ({
        migration_name: name,
        checksum: checksum(name),
        finished_at: expect.any(Date),
        rolled_back_at: null,
      })),
    );
  });

  it('lets eight migrators start at once: one applies, all succeed', async () => {
    await Promise.all(Array.from({ length: 8 }, () => database.migrate()));
    expect(database.said.filter((line) => line.endsWith('created.'))).toEqual([`Database ${database.name} created.`]);
    expect(database.said.filter((line) => line === `Migration ${INIT} applied.`)).toHaveLength(1);
    expect(await rows()).toHaveLength(MIGRATIONS.length);
  });

  it('gives two databases their shared roles at the same time', async () => {
    const other = newTestDatabase();
    try {
      await Promise.all(
        [1, 2, 3].flatMap(() => [database.migrate(), other.migrate({ roles: database.roles, ...database.passwords })]),
      );
      expect(await outcomeOf(query(database.apiUrl, 'SELECT 1'))).toBe('ok');
    } finally {
      await other.drop();
    }
  });
});

describe('a second time', () => {
  it('changes nothing and reports it', async () => {
    await database.migrate();
    const before = await rows();
    database.said.length = 0;
    await database.migrate();
    expect(database.said).toContain(`Nothing to migrate: the schema is up to date (${MIGRATIONS.length} in all).`);
    expect(await rows()).toEqual(before);
  });

  it('keeps a login whose password is not given again', async () => {
    await database.migrate();
    await database.migrate({ apiPassword: undefined, workerPassword: undefined });
    expect(await outcomeOf(query(database.apiUrl, 'SELECT 1'))).toBe('ok');
  });

  it('changes a password that is given anew', async () => {
    await database.migrate();
    await database.migrate({ apiPassword: 'another' });
    expect(await outcomeOf(query(database.apiUrl, 'SELECT 1'))).toBe('28P01');
    expect(await outcomeOf(query(withLogin(database.url, database.roles.api, 'another'), 'SELECT 1'))).toBe('ok');
  });

  it('takes back rights that were granted by hand', async () => {
    await database.migrate();
    const { roles, name } = database;
    await query(
      database.url,
      `GRANT ALL ON ALL TABLES IN SCHEMA public TO ${roles.api}; GRANT ALL ON DATABASE ${name} TO ${roles.api}, PUBLIC; GRANT UPDATE ("name") ON "Tenant" TO ${roles.api}`,
    );
    await database.migrate();
    const attempts = [
      'SELECT * FROM "TenantSecret"',
      'UPDATE "Tenant" SET "name" = "name"',
      'CREATE TEMP TABLE t ()',
      'SELECT * FROM _prisma_migrations',
    ];
    expect(await Promise.all(attempts.map((text) => outcomeOf(query(database.apiUrl, text))))).toEqual(
      attempts.map(() => '42501'),
    );
  });
});

describe('while another migration runs', () => {
  it('waits, reports that, and goes on when the other is done', async () => {
    await database.migrate();
    const holder = new Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('SELECT pg_advisory_lock(7303901467)');
    let waiting: () => void = () => undefined;
    const isWaiting = new Promise<void>((resolve) => (waiting = resolve));
    const said: string[] = [];
    const migration = database.migrate({
      print: (line) => {
        said.push(line);
        if (line === 'Another migration is running; waiting for it.') waiting();
      },
    });
    await isWaiting;
    await holder.end();
    await migration;
    expect(said).toContain(`Nothing to migrate: the schema is up to date (${MIGRATIONS.length} in all).`);
  });
});

describe('with a folder of migrations of its own', () => {
  const NEXT = '20270101000000_next';
  let migrationsDir: string;

  beforeEach(() => {
    migrationsDir = mkdtempSync(path.join(tmpdir(), 'freeflow-migrations-'));
    cpSync(MIGRATIONS_DIR, migrationsDir, { recursive: true });
  });
  afterEach(() => rmSync(migrationsDir, { recursive: true }));

  const writeNext = (script: string) => {
    mkdirSync(path.join(migrationsDir, NEXT), { recursive: true });
    writeFileSync(path.join(migrationsDir, NEXT, 'migration.sql'), script);
  };

  it('names the migration that fails and why, and leaves nothing of it behind', async () => {
    writeNext('CREATE TABLE "Half" (id int); INSERT INTO "Tenant" (name) SELECT nonsense;');
    await expect(database.migrate({ migrationsDir })).rejects.toMatchObject({
      code: 'migration-failed',
      message: `Migration ${NEXT} failed: ERROR: column "nonsense" does not exist (42703)\nFix the cause, then run db:migrate --rolled-back ${NEXT}.`,
    });
    expect(
      await query(database.url, `SELECT to_regclass('"Half"') AS half, to_regclass('"Tenant"')::text AS tenant`),
    ).toEqual([{ half: null, tenant: '"Tenant"' }]);
  });

  it('refuses to go on past a failed migration, and still reports why it failed', async () => {
    writeNext('SELECT nonsense;');
    await expect(database.migrate({ migrationsDir })).rejects.toThrow('nonsense');
    await expect(database.migrate({ migrationsDir })).rejects.toThrow(
      `Migration ${NEXT} failed: ERROR: column "nonsense" does not exist (42703)`,
    );
  });

  it('applies a failed migration again once it is marked as rolled back', async () => {
    writeNext('SELECT nonsense;');
    await expect(database.migrate({ migrationsDir })).rejects.toThrow('nonsense');
    writeNext('CREATE TABLE "Repaired" (id int);');
    await database.migrate({ migrationsDir, rolledBack: NEXT });
    expect(database.said).toContain(`Migration ${NEXT} applied.`);
    expect((await rows()).map((row) => [row.migration_name, row.rolled_back_at !== null])).toEqual([
      ...MIGRATIONS.map((name) => [name, false]),
      [NEXT, true],
      [NEXT, false],
    ]);
  });

  it('says that a migration which did not fail cannot be marked as rolled back', async () => {
    await database.migrate();
    await expect(database.migrate({ rolledBack: INIT })).rejects.toMatchObject({
      code: 'migration-failed',
      message: expect.stringContaining(INIT),
    });
  });

  it('applies scripts with semicolons in strings and function bodies as they stand', async () => {
    writeNext(
      `CREATE FUNCTION two() RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 'a;b'; END $$; COMMENT ON FUNCTION two IS 'one; two';`,
    );
    await database.migrate({ migrationsDir });
    expect(await query(database.url, 'SELECT two()')).toEqual([{ two: 'a;b' }]);
  });
});

describe('as a user who is no superuser', () => {
  let owner: string;
  let ownerUrl: string;

  beforeEach(async () => {
    owner = `${database.name}_owner`;
    ownerUrl = withLogin(database.url, owner, 'secret');
    await query(adminUrl(), `CREATE ROLE ${owner} LOGIN PASSWORD 'secret'`);
    // On servers that keep strangers out of the maintenance databases it needs an invitation.
    await query(adminUrl(), `GRANT CONNECT ON DATABASE postgres TO ${owner}`);
  });
  afterEach(async () => {
    await database.drop();
    await query(adminUrl(), `DROP OWNED BY ${owner}; DROP ROLE ${owner}`);
  });

  it('does everything with CREATEDB and CREATEROLE', async () => {
    await query(adminUrl(), `ALTER ROLE ${owner} CREATEDB CREATEROLE`);
    await database.migrate({ url: ownerUrl });
    await database.migrate({ url: ownerUrl });
    expect(await outcomeOf(query(database.workerUrl, 'SELECT * FROM "TenantSecret"'))).toBe('ok');
  });

  it('says which right is missing when it may not create the database', async () => {
    await expect(database.migrate({ url: ownerUrl })).rejects.toMatchObject({
      code: 'access-denied',
      message: expect.stringContaining(`${database.name} does not exist and this user may not create it`),
    });
  });

  it('fails clearly when a role is missing and it may not create it', async () => {
    await query(adminUrl(), `CREATE DATABASE ${database.name} OWNER ${owner}`);
    await expect(database.migrate({ url: ownerUrl })).rejects.toMatchObject({
      code: 'roles-missing',
      message: expect.stringContaining(`Role ${database.roles.api} does not exist`),
    });
  });

  it('goes on with roles that exist, and says that it may not set their passwords', async () => {
    await query(adminUrl(), `CREATE DATABASE ${database.name} OWNER ${owner}`);
    for (const role of Object.values(database.roles)) await query(adminUrl(), `CREATE ROLE ${escapeIdentifier(role)}`);
    await database.migrate({ url: ownerUrl });
    expect(database.said).toContain(
      `Role ${database.roles.api} exists; its password is left as it is, because this user may not change it.`,
    );
  });

  it('fails clearly when it does not own the database', async () => {
    await query(adminUrl(), `CREATE DATABASE ${database.name}`);
    await query(database.url, `GRANT CREATE, USAGE ON SCHEMA public TO ${owner}`);
    for (const role of Object.values(database.roles)) await query(adminUrl(), `CREATE ROLE ${escapeIdentifier(role)}`);
    await expect(database.migrate({ url: ownerUrl })).rejects.toMatchObject({
      code: 'access-denied',
      message: expect.stringContaining('owner of the database'),
    });
  });
});

it('sends no password: the server is given a verifier only', async () => {
  await query(adminUrl(), `CREATE DATABASE ${database.name}`);
  await query(adminUrl(), `ALTER DATABASE ${database.name} SET password_encryption = 'md5'`);
  await database.migrate();
  // Had the password been sent, the server would have encrypted it as it was told to.
  expect(
    await query(
      adminUrl(),
      "SELECT DISTINCT split_part(rolpassword, '$', 1) AS kind FROM pg_authid WHERE rolname = ANY($1)",
      [Object.values(database.roles)],
    ),
  ).toEqual([{ kind: 'SCRAM-SHA-256' }]);
});
