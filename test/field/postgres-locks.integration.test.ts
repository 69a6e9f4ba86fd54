import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { observeFromOutside, NOTHING, withPostgres } from '../support/outside';
import { until } from '../support/until';
import { asSuperuser, ENDED, newPostgresTenant } from './postgres-tenant';

let harness: ActivityHarness;

beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

// What a tenant can lock that concerns the platform: the row of its own role, its role's settings, its and another's
// database as an object.
const HELD = [
  `ALTER ROLE CURRENT_USER PASSWORD 'x'`,
  'ALTER ROLE CURRENT_USER SET work_mem = 64',
  'ALTER ROLE CURRENT_USER IN DATABASE %I SET work_mem = 64',
  'CREATE TABLE app.held (n int); LOCK TABLE app.held',
];

test.each(HELD)('a tenant that holds on to a lock is suspended and dropped all the same: %s', async (statement) => {
  const tenant = await newPostgresTenant(harness);
  const hold = async () => {
    const client = await tenant.connect();
    await client.query(`BEGIN; ${statement.replace('%I', tenant.database)}`);
    return client;
  };
  const first = await hold();
  await tenant.run('disable');
  await expect(first.query('SELECT 1')).rejects.toThrow(ENDED);
  await tenant.run('enable');
  const second = await hold();
  await tenant.run('drop');
  await expect(second.query('SELECT 1')).rejects.toThrow(ENDED);
  expect(await observeFromOutside(harness.info, tenant.input.name)).toEqual(NOTHING);
});

test('a tenant that comes back as fast as it can, with the lock, is suspended all the same', async () => {
  const tenant = await newPostgresTenant(harness);
  let isOver = false;
  const startReturn = async () => {
    while (!isOver) {
      const client = await tenant.connect().catch(() => undefined);
      await client
        ?.query(`BEGIN; ALTER ROLE CURRENT_USER SET work_mem = 64; SELECT pg_sleep(5)`)
        .catch(() => undefined);
      await client?.end().catch(() => undefined);
    }
  };
  const attackers = Array.from({ length: 4 }, startReturn);
  await until(
    'it holds the lock',
    async () =>
      (
        await asSuperuser(
          harness,
          `SELECT FROM pg_stat_activity WHERE usename = '${tenant.app}' AND query LIKE '%pg_sleep%'`,
        )
      ).length > 0,
  );
  await tenant.run('disable');
  isOver = true;
  await Promise.all(attackers);
  expect(await asSuperuser(harness, `SELECT FROM pg_stat_activity WHERE usename = '${tenant.app}'`)).toEqual([]);
  await tenant.run('drop');
});

test("a neighbour's open transaction that holds on to the tenant's role or database is ended, not waited for", async () => {
  const [neighbour, tenant] = [await newPostgresTenant(harness), await newPostgresTenant(harness)];
  await neighbour.sql('CREATE TABLE app.gift (n int)');
  const onRole = await neighbour.connect();
  await onRole.query(`BEGIN; GRANT SELECT ON app.gift TO ${tenant.app}, ${tenant.owner}`);
  const onDatabase = await neighbour.connect();
  await onDatabase.query(`BEGIN; ALTER ROLE CURRENT_USER IN DATABASE ${tenant.database} SET work_mem = 64`);
  await tenant.run('drop');
  expect(await observeFromOutside(harness.info, tenant.input.name)).toEqual(NOTHING);
  await expect(neighbour.sql('SELECT n FROM app.gift')).resolves.toEqual([]);
  await Promise.all([onRole, onDatabase].map((it) => it.end().catch(() => undefined)));
  await neighbour.run('drop');
});

test("each verb names an administrator's session that holds the lock, and never calls it unreachable", async () => {
  await Promise.all((['disable', 'drop', 'enable', 'create'] as const).map(whileLocked));
});

async function whileLocked(verb: 'disable' | 'drop' | 'enable' | 'create'): Promise<void> {
  const tenant = await newPostgresTenant(harness);
  if (verb === 'enable') await tenant.run('disable');
  await withPostgres(`${harness.info.postgres.url}?application_name=maintenance`, async (admin) => {
    // A create changes a role only where it is not as it should be.
    if (verb === 'create') await admin.query(`ALTER ROLE ${tenant.app} CONNECTION LIMIT 1`);
    await admin.query(`BEGIN; ALTER ROLE ${tenant.app} VALID UNTIL 'infinity'`);
    await expect(tenant.run(verb)).rejects.toMatchObject({
      type: 'blocked',
      message: expect.stringMatching(/waits for process \d+ of postgres in database postgres, application maintenance/),
    });
    await admin.query('ROLLBACK');
  });
  await tenant.run(verb);
  if (verb !== 'drop') await tenant.run('drop');
}

test("an administrator's session inside its database is named, and nothing of the data is dropped meanwhile", async () => {
  const tenant = await newPostgresTenant(harness);
  const url = new URL(harness.info.postgres.url);
  url.pathname = tenant.database;
  await withPostgres(url.href, async (admin) => {
    await tenant.run('disable');
    expect(await tenant.lastMessage()).toMatch(/a session that isn't the tenant's stays open: process \d+ of postgres/);
    await expect(tenant.run('drop')).rejects.toMatchObject({
      type: 'blocked',
      message: expect.stringMatching(/nothing of database .* was dropped: .*process \d+ of postgres/),
    });
    await expect(admin.query('SELECT FROM app.nothing')).rejects.toMatchObject({ code: '42P01' });
  });
  await tenant.run('drop');
});
