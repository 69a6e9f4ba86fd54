import { databaseUrl, fill, fingerprint } from '../support/fingerprint';
import { openHouse, type House } from '../support/house';
import { lookFromOutside, NOTHING, withPostgres } from '../support/outside';
import { createTenant, deleteTenant, logOf, operationEnds } from '../support/tenants';
import { newName } from '../support/workbench';

let house: House;

beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

test('a tenant is made in all four backends, and a hard delete leaves nothing of it in any', async () => {
  const name = newName();
  const tenant = await createTenant(house, name);
  expect(tenant).toMatchObject({ name, status: 'active', operation: { kind: 'create', state: 'done' } });

  const seen = await lookFromOutside(house.info, name);
  expect(seen).toMatchObject({
    postgres: { owner: `freeflow_${name}_owner` },
    postgresRoles: [`freeflow_${name}_app`, `freeflow_${name}_owner`],
    mongoUsers: [`freeflow_${name}`],
    qdrant: { points: 0 },
    qdrantTokens: 1,
    keycloak: { id: expect.any(String) },
  });

  const deleted = await deleteTenant(house, tenant.id);
  expect(deleted).toMatchObject({ status: 'deleted', operation: { kind: 'hard_delete', state: 'done' } });
  expect(await lookFromOutside(house.info, name)).toEqual(NOTHING);
  const { rows: secrets } = await house.master.query('SELECT 1 FROM "TenantSecret" WHERE "tenantId" = $1', [tenant.id]);
  expect(secrets).toEqual([]);
});

test('every step stands in the log once, in the order of its seq, and each create before its probe', async () => {
  const tenant = await createTenant(house, newName());
  const rows = await logOf(house, tenant.id);
  expect(rows.map((it) => it.seq)).toEqual(rows.map((_, at) => at + 1));
  const steps = rows.map((it) => it.step);
  expect([...steps].sort()).toEqual(
    [
      'activate',
      'begin',
      ...['keycloak', 'mongodb', 'postgres', 'qdrant'].flatMap((it) => [`${it}.create`, `${it}.probe`]),
    ].sort(),
  );
  expect(rows.every((it) => it.status === 'success' && it.attempt === 1)).toBe(true);
  for (const kind of ['postgres', 'mongodb', 'qdrant', 'keycloak'])
    expect(steps.indexOf(`${kind}.create`)).toBeLessThan(steps.indexOf(`${kind}.probe`));
  await deleteTenant(house, tenant.id);
});

test("a neighbour's schema, grants and data are the same before and after", async () => {
  const neighbour = await createTenant(house, newName('n'));
  await fill(house.info, neighbour.name);
  const before = await fingerprint(house.info, neighbour.name);
  const other = await createTenant(house, newName());
  await deleteTenant(house, other.id);
  expect(await fingerprint(house.info, neighbour.name)).toBe(before);
  // The fingerprint sees a change: otherwise the line above would say nothing.
  await withPostgres(databaseUrl(house.info, neighbour.name), (client) =>
    client.query('INSERT INTO app.things VALUES (3)'),
  );
  expect(await fingerprint(house.info, neighbour.name)).not.toBe(before);
  await deleteTenant(house, neighbour.id);
});

test('a name used again gives a new tenant which inherits nothing', async () => {
  const name = newName();
  const first = await createTenant(house, name);
  await fill(house.info, name);
  const before = await lookFromOutside(house.info, name);
  await deleteTenant(house, first.id);
  const second = await createTenant(house, name);
  const after = await lookFromOutside(house.info, name);
  expect(second.id).not.toBe(first.id);
  expect(after.postgres?.oid).not.toBe(before.postgres?.oid);
  expect(after.keycloak?.id).not.toBe(before.keycloak?.id);
  expect(after).toMatchObject({ qdrant: { points: 0 }, mongoCollections: ['_freeflow_meta'] });
  const tables = await withPostgres(databaseUrl(house.info, name), (client) =>
    client.query("SELECT 1 FROM pg_tables WHERE schemaname = 'app'"),
  );
  expect(tables.rows).toEqual([]);
  await deleteTenant(house, second.id);
});

test('the same name fifty times at once: one is accepted, 49 are told it is taken, one set of resources', async () => {
  const name = newName();
  const answers = await Promise.all(Array.from({ length: 50 }, () => house.request('POST', '/tenants', { name })));
  const accepted = answers.filter((it) => it.status === 202);
  expect(accepted).toHaveLength(1);
  expect(answers.filter((it) => it.status === 409 && it.body.code === 'tenant-name-taken')).toHaveLength(49);
  const id = String(accepted[0]?.body.id);
  await operationEnds(house, id);
  const { rows } = await house.master.query('SELECT 1 FROM "TenantResource" WHERE "name" LIKE $1', [`%${name}%`]);
  expect(rows).toHaveLength(4);
  expect(await lookFromOutside(house.info, name)).toMatchObject({ mongoUsers: [`freeflow_${name}`], qdrantTokens: 1 });
  await deleteTenant(house, id);
});

test('eight tenants at once all become active, and all go again', async () => {
  const tenants = await Promise.all(Array.from({ length: 8 }, () => createTenant(house, newName())));
  expect(tenants.map((it) => it.status)).toEqual(Array(8).fill('active'));
  await Promise.all(tenants.map((it) => deleteTenant(house, it.id)));
  for (const { name } of tenants) expect(await lookFromOutside(house.info, name)).toEqual(NOTHING);
});
