import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMasterClient } from '@freeflow/db-master';
import { ErrorTolerantClient } from '@freeflow/lib/pg';
import { escapeIdentifier, Pool, type Client, type PoolConfig } from 'pg';
import { withServerSession } from '../../backends/postgres/provisioner/client';
import { withMasterSession } from '../../prisma/master-session';
import { MIGRATIONS_DIR } from '../../prisma/migration-files';
import { newTestDatabase, query } from '../support/migrated-database';
import { REAL_TIMERS } from '../support/real-timers';

const database = newTestDatabase();
const APPLICATION = 'freeflow-field';

beforeAll(async () => {
  await database.migrate();
  await query(
    database.url,
    `ALTER DATABASE ${escapeIdentifier(database.name)} SET timezone = 'Asia/Kathmandu'; ALTER DATABASE ${escapeIdentifier(database.name)} SET datestyle = 'German, DMY'`,
  );
  await query(
    database.url,
    `ALTER ROLE ${escapeIdentifier(database.roles.worker)} IN DATABASE ${escapeIdentifier(database.name)} SET timezone = 'Pacific/Chatham'`,
  );
});
afterAll(() => database.drop());
afterEach(() => {
  delete process.env['PGOPTIONS'];
});

const zoneOf = async (session: Pick<Client, 'query'>) =>
  (await session.query<{ zone: string }>(`SELECT current_setting('TimeZone') AS zone`)).rows[0]?.zone;

/** Every way in which a process of ours opens a session. */
const SESSIONS: Record<string, (url: string) => Promise<string | undefined>> = {
  'a client of the master database': async (url) => {
    const db = createMasterClient(url);
    const [row] = await db.$queryRaw<{ zone: string }[]>`SELECT current_setting('TimeZone') AS zone`;
    await db.$disconnect();
    return row?.zone;
  },
  'a pool': async (url) => {
    const config: PoolConfig = { connectionString: url, Client: ErrorTolerantClient, max: 1 };
    const pool = new Pool(config);
    const zone = await zoneOf(pool as unknown as Client);
    await pool.end();
    return zone;
  },
  'migrator and seed': (url) => withMasterSession(url, zoneOf),
  'setup, doctor and stack': (url) => withServerSession(url, zoneOf),
};

describe.each(Object.keys(SESSIONS))('%s', (name) => {
  test.each([
    ['the database and the role have another zone', undefined],
    ['the environment has another as well', '-c timezone=Asia/Tokyo -c statement_timeout=1d'],
  ])('is in UTC where %s', async (_what, options) => {
    if (options !== undefined) process.env['PGOPTIONS'] = options;
    const other = await query<{ zone: string }>(database.workerUrl, `SELECT current_setting('TimeZone') AS zone`);
    expect(other).toEqual([{ zone: options === undefined ? 'Pacific/Chatham' : 'Asia/Tokyo' }]);
    expect(await SESSIONS[name]?.(database.workerUrl)).toBe('UTC');
  });

  test('is in UTC where its own URL says otherwise', async () => {
    expect(await SESSIONS[name]?.(`${database.workerUrl}?options=-c%20timezone%3DAmerica/Los_Angeles`)).toBe('UTC');
  });
});

test('what is written by the one is what others read, by parameters and by values, on both sides of a change to summer time', async () => {
  const db = createMasterClient(database.workerUrl);
  const { id } = await db.tenant.create({
    data: { name: 'zones', realmName: 'r', postgresDb: 'p', mongoDb: 'm', qdrantCollection: 'q' },
  });
  for (const iso of [
    '2026-03-29T00:59:59.999Z',
    '2026-03-29T01:00:00.000Z',
    '2026-09-26T13:59:59.000Z',
    '2026-09-26T14:00:00.001Z',
    '2026-11-01T08:30:00.000Z',
  ]) {
    const moment = new Date(iso);
    expect(await db.tenant.update({ where: { id }, data: { purgeAt: moment } })).toMatchObject({ purgeAt: moment });
    const seen = await query<{ ms: number }>(
      database.url,
      `SELECT (extract(epoch FROM "purgeAt") * 1000)::float8 AS ms FROM "Tenant" WHERE id = $1`,
      [id],
    );
    expect(seen).toEqual([{ ms: moment.getTime() }]);
    const [{ same }] = await db.$queryRaw<
      [{ same: boolean }]
    >`SELECT "purgeAt" = ${moment} AS same FROM "Tenant" WHERE id = ${id}::uuid`;
    expect(same).toBe(true);
    expect(
      await db.tenant.count({
        where: { id, purgeAt: { gt: new Date(moment.getTime() - 1), lt: new Date(moment.getTime() + 1) } },
      }),
    ).toBe(1);
  }
  await db.$disconnect();
});

test('when a row was made the database says, not the clock of the process', async () => {
  const db = createMasterClient(database.workerUrl);
  await db.tenant.count();
  const real = Date.now();
  jest.useFakeTimers({
    now: real + 3_600_000,
    doNotFake: [...REAL_TIMERS],
  });
  const { createdAt } = await db.tenant.create({
    data: { name: 'clock', realmName: 'r', postgresDb: 'p', mongoDb: 'm', qdrantCollection: 'q' },
  });
  jest.useRealTimers();
  const [row] = await query<{ age: number }>(
    database.url,
    `SELECT extract(epoch FROM clock_timestamp() - "createdAt")::float8 AS age FROM "Tenant" WHERE name = 'clock'`,
  );
  expect(createdAt.getTime()).toBeLessThan(real + 1_800_000);
  expect(row?.age).toBeGreaterThanOrEqual(-0.001);
  await db.$disconnect();
});

/** Every way in which a process of ours opens a session at the master database, for one statement. */
const MASTER_SESSIONS: Record<string, (text: string) => Promise<unknown>> = {
  'a client of API, worker or command line': async (text) => {
    const db = createMasterClient(database.workerUrl);
    const rows = await db.$queryRawUnsafe(text);
    await db.$disconnect();
    return rows;
  },
  'the migrator': (text) => withMasterSession(database.url, async (session) => (await session.query(text)).rows),
};

test.each(Object.keys(MASTER_SESSIONS))(
  'of %s that is frozen, or gone without a word, the server ends the transaction, and the session, by itself',
  async (name) => {
    const settings = `
      SELECT current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('tcp_keepalives_idle') AS alive,
             current_setting('tcp_keepalives_interval') AS every, current_setting('tcp_keepalives_count') AS times`;
    expect(await MASTER_SESSIONS[name]?.(settings)).toEqual([{ idle: '15s', alive: '10', every: '5', times: '3' }]);
  },
);

test('so are those in which migrations are applied', async () => {
  const seen = query<{ idle: string }>(
    database.url,
    `SELECT current_setting('idle_in_transaction_session_timeout') AS idle`,
  );
  expect(await seen).toEqual([{ idle: '0' }]);
  const name = '20990101000000_settings';
  const migrationsDir = mkdtempSync(path.join(tmpdir(), 'freeflow-migrations-'));
  cpSync(MIGRATIONS_DIR, migrationsDir, { recursive: true });
  mkdirSync(path.join(migrationsDir, name));
  writeFileSync(
    path.join(migrationsDir, name, 'migration.sql'),
    `CREATE TABLE "Seen" AS SELECT current_setting('idle_in_transaction_session_timeout') AS idle`,
  );
  await database.migrate({ migrationsDir });
  expect(await query(database.url, 'SELECT idle FROM "Seen"')).toEqual([{ idle: '15s' }]);
  rmSync(migrationsDir, { recursive: true });
});

describe('a session that is set before anybody uses it', () => {
  const settings = { statement_timeout: 1_234, application_name: `${APPLICATION}'"\\` };

  test.each(['awaited', 'by callback', 'in a pool'])('has its settings: %s', async (way) => {
    const client = new ErrorTolerantClient({ connectionString: database.workerUrl, settings });
    const pool = new Pool({
      connectionString: database.workerUrl,
      Client: ErrorTolerantClient,
      ...{ settings },
    } as PoolConfig);
    if (way === 'awaited') await client.connect();
    if (way === 'by callback')
      await new Promise<void>((resolve, reject) => client.connect((error) => (error ? reject(error) : resolve())));
    const session = way === 'in a pool' ? pool : client;
    const { rows } = await session.query(
      `SELECT current_setting('statement_timeout') AS timeout, current_setting('application_name') AS name`,
    );
    expect(rows).toEqual([{ timeout: '1234ms', name: settings.application_name }]);
    await Promise.all([pool.end(), client.end()]);
  });

  test('fails to connect where the server refuses a setting, in a pool as well, and leaves no session behind', async () => {
    const refused = {
      connectionString: database.workerUrl,
      settings: { statement_timeout: 'never' },
      application_name: APPLICATION,
    };
    await expect(new ErrorTolerantClient(refused).connect()).rejects.toMatchObject({ code: '22023' });
    const pool = new Pool({ ...refused, Client: ErrorTolerantClient } as PoolConfig);
    await expect(pool.query('SELECT 1')).rejects.toMatchObject({ code: '22023' });
    await pool.end();
    const left = () =>
      query<{ n: number }>(
        database.url,
        'SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = $1',
        [APPLICATION],
      );
    for (let tries = 0; tries < 100 && (await left())[0]?.n !== 0; tries += 1);
    expect(await left()).toEqual([{ n: 0 }]);
  });
});
