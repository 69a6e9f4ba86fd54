import { inDatabase } from '../test/master';
import { lookFromOutside, NOTHING, withPostgres } from '../test/outside';
import { openWorkbench, type Workbench } from '../test/workbench';

let bench: Workbench;

beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

const asOwner = (sql: string, database = 'postgres') =>
  withPostgres(inDatabase(bench.info.postgres.url, database), async (client) => (await client.query<Record<string, unknown>>(sql)).rows);

test('a create that died before it let the tenant in is finished by the next one', async () => {
  const tenant = await bench.newTenant();
  await bench.run('postgres.create', tenant);
  await asOwner(`ALTER DATABASE freeflow_${tenant.name} ALLOW_CONNECTIONS false`);
  await expect(bench.run('postgres.probe', tenant)).rejects.toThrow('not currently accepting connections');
  await bench.run('postgres.create', tenant);
  await bench.run('postgres.probe', tenant);
  await bench.run('postgres.drop', tenant);
});

test('rights which a neighbour has granted the tenant, or kept for it by default, do not keep its roles', async () => {
  const [neighbour, tenant] = [await bench.newTenant(), await bench.newTenant()];
  for (const it of [neighbour, tenant]) await bench.run('postgres.create', it);
  const [theirs, roles] = [`freeflow_${neighbour.name}`, `freeflow_${tenant.name}_app, freeflow_${tenant.name}_owner`];
  await asOwner(`SET ROLE ${theirs}_app; CREATE TABLE app.gift (n int); GRANT SELECT ON app.gift TO ${roles}; CREATE POLICY gift ON app.gift TO ${roles} USING (true);
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${roles}`, theirs);
  const acl = () => asOwner(`SELECT array_to_string(relacl, ' ') AS acl FROM pg_class WHERE relname = 'gift'`, theirs);
  await bench.run('postgres.drop', tenant);
  expect(await lookFromOutside(bench.info, tenant.name)).toEqual(NOTHING);
  expect(await acl()).toEqual([{ acl: `${theirs}_app=arwdDxtm/${theirs}_app` }]);
  await bench.run('postgres.drop', neighbour);
});

test('what a role of the tenant owns outside its database is not dropped along: the drop fails and says so', async () => {
  const tenant = await bench.newTenant();
  await bench.run('postgres.create', tenant);
  const table = `of_${tenant.name}`;
  await asOwner(`CREATE TABLE ${table} (n int); INSERT INTO ${table} VALUES (42); ALTER TABLE ${table} OWNER TO freeflow_${tenant.name}_app`);
  await expect(bench.run('postgres.drop', tenant)).rejects.toMatchObject({ type: 'conflict' });
  expect(await asOwner(`SELECT n FROM ${table}`)).toEqual([{ n: 42 }]);
  await asOwner(`DROP TABLE ${table}`);
  await bench.run('postgres.drop', tenant);
  expect(await lookFromOutside(bench.info, tenant.name)).toEqual(NOTHING);
});
