import { inDatabase } from '../test/master';
import { withPostgres } from '../test/outside';
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
