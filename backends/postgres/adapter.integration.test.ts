import { setTimeout as delay } from 'node:timers/promises';
import { ErrorTolerantClient } from '@freeflow/lib/pg';
import { openActivityHarness, type ActivityHarness } from '../../test/support/activity-harness';
import { inDatabase } from '../../test/support/master';
import { observeFromOutside, NOTHING, withPostgres } from '../../test/support/outside';
import { until } from '../../test/support/until';

let harness: ActivityHarness;

beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

const asOwner = (sql: string, database = 'postgres') =>
  withPostgres(
    inDatabase(harness.info.postgres.url, database),
    async (client) => (await client.query<Record<string, unknown>>(sql)).rows,
  );

test('at no moment of its making may anybody else enter a database', async () => {
  const tenant = await harness.newTenant();
  // A loop inside the server misses no moment: it ends when the database is shut to others and open, or when it was
  // open to all.
  const watching = asOwner(`DO $$
    DECLARE made record; last timestamptz := clock_timestamp() + interval '20 s';
    BEGIN
      LOOP
        SELECT datallowconn, EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0 AND privilege_type = 'CONNECT') AS is_public
          INTO made FROM pg_database WHERE datname = 'freeflow_${tenant.name}';
        IF made.datallowconn AND made.is_public THEN RAISE EXCEPTION 'open to everybody'; END IF;
        IF made.datallowconn THEN RETURN; END IF;
        IF clock_timestamp() > last THEN RAISE EXCEPTION 'never made'; END IF;
      END LOOP;
    END $$`);
  await Promise.all([harness.run('postgres.create', tenant), expect(watching).resolves.toEqual([])]);
  await harness.run('postgres.drop', tenant);
});

test('a create that died before it let the tenant in is finished by the next one', async () => {
  const tenant = await harness.newTenant();
  await harness.run('postgres.create', tenant);
  await asOwner(`ALTER DATABASE freeflow_${tenant.name} ALLOW_CONNECTIONS false`);
  await expect(harness.run('postgres.probe', tenant)).rejects.toThrow('not currently accepting connections');
  await harness.run('postgres.create', tenant);
  await harness.run('postgres.probe', tenant);
  await harness.run('postgres.drop', tenant);
});

test('rights which a neighbour has granted the tenant, or kept for it by default, do not keep its roles', async () => {
  const [neighbour, tenant] = [await harness.newTenant(), await harness.newTenant()];
  for (const it of [neighbour, tenant]) await harness.run('postgres.create', it);
  const [theirs, roles] = [`freeflow_${neighbour.name}`, `freeflow_${tenant.name}_app, freeflow_${tenant.name}_owner`];
  await asOwner(
    `SET ROLE ${theirs}_app; CREATE TABLE app.gift (n int); GRANT SELECT ON app.gift TO ${roles}; CREATE POLICY gift ON app.gift TO ${roles} USING (true);
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${roles}`,
    theirs,
  );
  const acl = () => asOwner(`SELECT array_to_string(relacl, ' ') AS acl FROM pg_class WHERE relname = 'gift'`, theirs);
  await harness.run('postgres.drop', tenant);
  expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
  expect(await acl()).toEqual([{ acl: `${theirs}_app=arwdDxtm/${theirs}_app` }]);
  await harness.run('postgres.drop', neighbour);
});

test('sessions at work and an autovacuum without end, which a tenant can ask for, do not keep its database', async () => {
  const tenant = await harness.newTenant();
  await harness.run('postgres.create', tenant);
  const database = `freeflow_${tenant.name}`;
  const slow = ['vacuum_threshold = 0', 'vacuum_scale_factor = 0', 'vacuum_cost_delay = 100', 'vacuum_cost_limit = 1']
    .map((it) => `autovacuum_${it}`)
    .join(', ');
  await asOwner(
    `SET ROLE ${database}_app; CREATE TABLE app.big (n int, filler text) WITH (${slow}); INSERT INTO app.big SELECT n, repeat('x', 500) FROM generate_series(1, 20000) n; DELETE FROM app.big`,
    database,
  );
  await asOwner('ALTER SYSTEM SET autovacuum_naptime = 1');
  await asOwner('SELECT pg_reload_conf()');
  try {
    const workers = `SELECT 1 FROM pg_stat_activity WHERE datname = '${database}' AND backend_type = 'autovacuum worker' AND query LIKE '%app.big%'`;
    await until('autovacuum is at work', async () => (await asOwner(workers)).length > 0);
  } finally {
    await asOwner('ALTER SYSTEM RESET autovacuum_naptime');
    await asOwner('SELECT pg_reload_conf()');
  }
  await asOwner(`ALTER ROLE ${database}_app PASSWORD 'known'`);
  const { host } = new URL(harness.info.postgres.url);
  await withPostgres(`postgres://${database}_app:known@${host}/${database}`, async (session) => {
    session.on('error', () => undefined);
    await Promise.all([
      expect(session.query('SELECT pg_sleep(60)')).rejects.toMatchObject({ code: '57P01' }),
      harness.run('postgres.drop', tenant),
    ]);
  });
  expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
});

test('what a role of the tenant owns outside its database is not dropped along: the drop fails and reports it', async () => {
  const tenant = await harness.newTenant();
  await harness.run('postgres.create', tenant);
  const table = `of_${tenant.name}`;
  await asOwner(
    `CREATE TABLE ${table} (n int); INSERT INTO ${table} VALUES (42); ALTER TABLE ${table} OWNER TO freeflow_${tenant.name}_app`,
  );
  await expect(harness.run('postgres.drop', tenant)).rejects.toMatchObject({ type: 'conflict' });
  expect(await asOwner(`SELECT n FROM ${table}`)).toEqual([{ n: 42 }]);
  await asOwner(`DROP TABLE ${table}`);
  await harness.run('postgres.drop', tenant);
  expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
});

test.each([
  ['as it is made', 0],
  ['and later than a client is waited for that has not said who it is', 1_500],
])('a session that was let in just before the cut is ended, though it shows only after it, %s', async (_, heldUpMs) => {
  const tenant = await harness.newTenant();
  await harness.run('postgres.create', tenant);
  const role = `freeflow_${tenant.name}_app`;
  const other = `other_${tenant.name}`;
  await asOwner(`ALTER ROLE ${role} PASSWORD 'known'`);
  await asOwner(`CREATE DATABASE ${other}`);
  const { host } = new URL(harness.info.postgres.url);
  const late = new ErrorTolerantClient(`postgres://${role}:known@${host}/${other}`);
  // It holds the session up where the server has found that its role may log in.
  await withPostgres(harness.info.postgres.url, async (holder) => {
    await holder.query(`BEGIN; ALTER DATABASE ${other} RENAME TO renamed_${tenant.name}`);
    const entering = late.connect().catch((error: unknown) => error);
    const waiting = `SELECT FROM pg_locks WHERE locktype = 'object' AND NOT granted AND objid = (SELECT oid FROM pg_database WHERE datname = '${other}')`;
    await until('it is on its way in', async () => (await asOwner(waiting)).length > 0);
    // It may take longer than a cut waits: then that fails, and is made again.
    const cutting = harness.run('postgres.disable', tenant).catch((error: unknown) => error);
    const shut = `SELECT FROM pg_roles WHERE rolname = '${role}' AND NOT rolcanlogin`;
    await until('its role may not log in', async () => (await asOwner(shut)).length > 0);
    await Promise.race([cutting, delay(heldUpMs)]);
    await holder.query('ROLLBACK');
    await entering;
    if ((await cutting) instanceof Error) await harness.run('postgres.disable', tenant);
  });
  expect(await asOwner(`SELECT FROM pg_stat_activity WHERE usename = '${role}'`)).toEqual([]);
  await late.end().catch(() => undefined);
  await asOwner(`DROP DATABASE ${other}`);
  await harness.run('postgres.drop', tenant);
});
