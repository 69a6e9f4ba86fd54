import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { observeFromOutside, NOTHING } from '../support/outside';
import { asSuperuser, newPostgresTenant, noteOpened, type PostgresTenant } from './postgres-tenant';

let harness: ActivityHarness;

beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

const giftFrom = (neighbour: PostgresTenant, { app, owner }: PostgresTenant) =>
  neighbour.sql(
    `CREATE TABLE app.gift (n int); GRANT SELECT ON app.gift TO ${app}, ${owner}; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${app}`,
  );
const whole = (database: string) =>
  asSuperuser(
    harness,
    `SELECT to_jsonb(d) - 'datfrozenxid' - 'datminmxid' AS d, (SELECT jsonb_agg(s ORDER BY s.setrole) FROM pg_db_role_setting s WHERE s.setdatabase = d.oid OR s.setrole = d.datdba) AS s FROM pg_database d WHERE datname = '${database}'`,
  );

test.each([
  ['is suspended', (it: PostgresTenant) => it.run('disable')],
  [
    'takes no more connections',
    (it: PostgresTenant) => asSuperuser(harness, `ALTER DATABASE ${it.database} CONNECTION LIMIT 0`),
  ],
  [
    'is read-only',
    (it: PostgresTenant) =>
      asSuperuser(harness, `ALTER DATABASE ${it.database} SET default_transaction_read_only = on`),
  ],
])(
  'rights that a neighbour has granted do not keep the roles of a tenant, also where the neighbour %s; it stays exactly that',
  async (_, bring) => {
    const [neighbour, tenant] = [await newPostgresTenant(harness), await newPostgresTenant(harness)];
    await giftFrom(neighbour, tenant);
    await bring(neighbour);
    const before = await whole(neighbour.database);
    await tenant.run('drop');
    expect(await observeFromOutside(harness.info, tenant.input.name)).toEqual(NOTHING);
    expect(await whole(neighbour.database)).toEqual(before);
    await neighbour.run('drop');
  },
);

test('a suspended neighbour whose database was left open by a worker that died is shut again by the next drop, a resumed one is not', async () => {
  const [suspended, resumed, tenant] = [
    await newPostgresTenant(harness),
    await newPostgresTenant(harness),
    await newPostgresTenant(harness),
  ];
  await suspended.run('disable');
  await resumed.run('disable');
  const before = await whole(suspended.database);
  for (const { database } of [suspended, resumed]) {
    await asSuperuser(
      harness,
      `${noteOpened(harness, database, 'false -1')}; ALTER DATABASE ${database} ALLOW_CONNECTIONS true`,
    );
  }
  await resumed.run('enable');
  await tenant.run('drop');
  expect(await whole(suspended.database)).toEqual(before);
  await expect(resumed.sql('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
  for (const it of [suspended, resumed]) await it.run('drop');
});

test('several tenants are dropped at the same time past one suspended neighbour', async () => {
  const [neighbour, ...tenants] = [
    await newPostgresTenant(harness),
    await newPostgresTenant(harness),
    await newPostgresTenant(harness),
    await newPostgresTenant(harness),
  ];
  await neighbour.sql(
    `CREATE TABLE app.gift (n int); GRANT SELECT ON app.gift TO ${tenants.map((it) => it.app).join(', ')}`,
  );
  await neighbour.run('disable');
  const before = await whole(neighbour.database);
  await Promise.all(tenants.map((it) => it.run('drop')));
  for (const it of tenants) expect(await observeFromOutside(harness.info, it.input.name)).toEqual(NOTHING);
  expect(await whole(neighbour.database)).toEqual(before);
  await neighbour.run('drop');
});

test("rights on a neighbour's database, in a role by the tenant's own hand, and by default elsewhere do not keep the roles of a tenant", async () => {
  const [neighbour, tenant] = [await newPostgresTenant(harness), await newPostgresTenant(harness)];
  const team = `team_${tenant.input.name}`;
  await asSuperuser(
    harness,
    `CREATE ROLE ${team}; GRANT ${team} TO ${tenant.app} WITH ADMIN OPTION; GRANT ${tenant.owner} TO ${team};
    SET ROLE ${neighbour.owner}; GRANT CONNECT ON DATABASE ${neighbour.database} TO ${tenant.app}; RESET ROLE; ALTER DEFAULT PRIVILEGES FOR ROLE ${tenant.app} GRANT SELECT ON TABLES TO ${team}`,
  );
  await tenant.sql(`GRANT ${team} TO ${neighbour.app}`);
  await tenant.run('drop');
  expect(await observeFromOutside(harness.info, tenant.input.name)).toEqual(NOTHING);
  await neighbour.run('drop');
  await asSuperuser(harness, `DROP ROLE ${team}`);
});

test.each([
  ['a database', 'GRANT CONNECT ON DATABASE postgres TO %I', 'database postgres'],
  ['a tablespace', 'GRANT CREATE ON TABLESPACE pg_default TO %I', 'tablespace pg_default'],
  ['a parameter', 'GRANT SET ON PARAMETER log_statement TO %I', 'parameter log_statement'],
  [
    'a schema elsewhere',
    'CREATE SCHEMA IF NOT EXISTS freeflow_field; GRANT USAGE ON SCHEMA freeflow_field TO %I',
    'in database postgres',
  ],
])(
  "a superuser's right on %s is named with the statement that takes it away, while all data is there",
  async (_, statement, named) => {
    const tenant = await newPostgresTenant(harness);
    await asSuperuser(harness, statement.replace('%I', tenant.app));
    const way = `in database postgres: DROP OWNED BY "${tenant.app}", "${tenant.owner}"`;
    const failure = await tenant.run('drop').catch((error: unknown) => error);
    expect(failure).toMatchObject({ type: 'permission', message: expect.stringContaining(named) });
    expect(String(failure)).toContain(way);
    expect(
      await asSuperuser(harness, `SELECT datname FROM pg_database WHERE datname = '${tenant.database}'`),
    ).toHaveLength(1);
    await asSuperuser(
      harness,
      `DROP OWNED BY "${tenant.app}", "${tenant.owner}"; DROP SCHEMA IF EXISTS freeflow_field`,
    );
    await tenant.run('drop');
    expect(await observeFromOutside(harness.info, tenant.input.name)).toEqual(NOTHING);
  },
);

test("what the tenant's roles own elsewhere is named before anything of its data is dropped", async () => {
  const tenant = await newPostgresTenant(harness);
  const table = `of_${tenant.input.name}`;
  await asSuperuser(harness, `CREATE TABLE ${table} (n int); ALTER TABLE ${table} OWNER TO ${tenant.app}`);
  await expect(tenant.run('drop')).rejects.toMatchObject({
    type: 'conflict',
    message: expect.stringContaining('in database postgres'),
  });
  expect(
    await asSuperuser(harness, `SELECT datname FROM pg_database WHERE datname = '${tenant.database}'`),
  ).toHaveLength(1);
  await asSuperuser(
    harness,
    `REASSIGN OWNED BY ${tenant.app}, ${tenant.owner} TO postgres; ALTER DATABASE ${tenant.database} OWNER TO ${tenant.owner}`,
  );
  await tenant.run('drop');
  await asSuperuser(harness, `DROP TABLE ${table}`);
});
