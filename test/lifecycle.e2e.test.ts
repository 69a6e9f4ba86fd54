import { createHash } from 'node:crypto';
import { openHouse, type House } from './house';
import { withPostgres, withMongo, qdrantAsOwner, asKeycloakAdmin, lookFromOutside, NOTHING } from './outside';
import { createTenant, deleteTenant, logOf, operationEnds } from './tenants';
import { newName } from './workbench';

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
    ['activate', 'begin', ...['keycloak', 'mongodb', 'postgres', 'qdrant'].flatMap((it) => [`${it}.create`, `${it}.probe`])].sort());
  expect(rows.every((it) => it.status === 'success' && it.attempt === 1)).toBe(true);
  for (const kind of ['postgres', 'mongodb', 'qdrant', 'keycloak']) expect(steps.indexOf(`${kind}.create`)).toBeLessThan(steps.indexOf(`${kind}.probe`));
  await deleteTenant(house, tenant.id);
});

test("a neighbour's schema, grants and data are the same before and after", async () => {
  const neighbour = await createTenant(house, newName('n'));
  await fill(neighbour.name);
  const before = await fingerprint(neighbour.name);
  const other = await createTenant(house, newName());
  await deleteTenant(house, other.id);
  expect(await fingerprint(neighbour.name)).toBe(before);
  // The fingerprint sees a change: otherwise the line above would say nothing.
  await withPostgres(databaseUrl(neighbour.name), (client) => client.query('INSERT INTO app.things VALUES (3)'));
  expect(await fingerprint(neighbour.name)).not.toBe(before);
  await deleteTenant(house, neighbour.id);
});

test('a name used again gives a new tenant which inherits nothing', async () => {
  const name = newName();
  const first = await createTenant(house, name);
  await fill(name);
  const before = await lookFromOutside(house.info, name);
  await deleteTenant(house, first.id);
  const second = await createTenant(house, name);
  const after = await lookFromOutside(house.info, name);
  expect(second.id).not.toBe(first.id);
  expect(after.postgres?.oid).not.toBe(before.postgres?.oid);
  expect(after.keycloak?.id).not.toBe(before.keycloak?.id);
  expect(after).toMatchObject({ qdrant: { points: 0 }, mongoCollections: ['_freeflow_meta'] });
  const tables = await withPostgres(databaseUrl(name), (client) => client.query("SELECT 1 FROM pg_tables WHERE schemaname = 'app'"));
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

const databaseUrl = (name: string) => house.info.postgres.url.replace(/\/[^/]*$/, `/freeflow_${name}`);

/** Data of the tenant's own in all its backends, written with its owners' rights. */
async function fill(name: string): Promise<void> {
  await withPostgres(databaseUrl(name), (client) =>
    client.query(`CREATE TABLE app.things (n int PRIMARY KEY); INSERT INTO app.things VALUES (1), (2); GRANT SELECT ON app.things TO freeflow_${name}_app`));
  await withMongo(house.info.mongodb.url, (client) => client.db(`freeflow_${name}`).collection('things').insertMany([{ n: 1 }, { n: 2 }]));
  const vector = Array.from({ length: 1536 }, (_, at) => at / 1536);
  await qdrantAsOwner(house.info).upsert(`freeflow_${name}_vectors`, { wait: true, points: [{ id: 1, vector, payload: { n: 1 } }] });
  await asKeycloakAdmin(house.info, 'POST', `/admin/realms/freeflow-${name}/users`, { username: 'customer', enabled: true });
}

/** One hash over schema, grants and data of a tenant in all its backends. */
async function fingerprint(name: string): Promise<string> {
  const postgres = await withPostgres(databaseUrl(name), async (client) => [
    (await client.query('SELECT * FROM app.things ORDER BY n')).rows,
    (await client.query('SELECT relname, relacl::text, relowner FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = $1 ORDER BY 1', ['app'])).rows,
    (await client.query('SELECT datname, datacl::text, datallowconn, datdba FROM pg_database WHERE datname = $1', [`freeflow_${name}`])).rows,
    (await client.query('SELECT nspname, nspacl::text FROM pg_namespace ORDER BY 1')).rows,
    (await client.query('SELECT rolname, rolcanlogin, rolpassword FROM pg_authid WHERE rolname LIKE $1 ORDER BY 1', [`freeflow\\_${name}%`])).rows,
  ]);
  const mongo = await withMongo(house.info.mongodb.url, async (client) => {
    const db = client.db(`freeflow_${name}`);
    const { users } = (await db.command({ usersInfo: 1, showPrivileges: false, showCredentials: true })) as { users?: unknown };
    return [users, await db.collection('things').find().sort({ n: 1 }).toArray(), await db.collection('things').indexes()];
  });
  const qdrant = qdrantAsOwner(house.info);
  const collection = `freeflow_${name}_vectors`;
  const vectors = [(await qdrant.getCollection(collection)).config, (await qdrant.scroll(collection, { with_payload: true, with_vector: true })).points];
  const realm = await asKeycloakAdmin(house.info, 'GET', `/admin/realms/freeflow-${name}`);
  const users = await asKeycloakAdmin(house.info, 'GET', `/admin/realms/freeflow-${name}/users`);
  return createHash('sha256').update(JSON.stringify([postgres, mongo, vectors, realm.body, users.body])).digest('hex');
}
