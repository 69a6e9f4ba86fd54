import type { Db } from 'mongodb';
import { openHouse, type House } from './house';
import { asKeycloakAdmin, lookFromOutside, NOTHING, qdrantAsOwner, withMongo, withPostgres, type Seen } from './outside';
import { createTenant, logOf } from './tenants';
import { newName } from './workbench';

let house: House;

beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

/** Something of somebody else under a tenant's name: how it comes there, what is in it, how it goes again. */
interface Foreign {
  what: string;
  step: string;
  make: (name: string) => Promise<unknown>;
  content: (name: string) => Promise<unknown>;
  remove: (name: string) => Promise<unknown>;
  /** What is to be seen of it from outside, beside nothing else. */
  seen: (name: string) => Partial<Record<keyof Seen, unknown>>;
}

const pg = <T extends object>(sql: string, database = 'postgres') =>
  withPostgres(house.info.postgres.url.replace(/\/[^/]*$/, `/${database}`), async (client) => (await client.query<T>(sql)).rows);
const mongo = <T>(name: string, use: (db: Db) => Promise<T>) => withMongo(house.info.mongodb.url, (client) => use(client.db(`freeflow_${name}`)));

/** Qdrant shows the snapshots of a name only while there is a collection of that name. */
async function withCollection<T>(name: string, use: (collection: string) => Promise<T>): Promise<T> {
  const collection = `freeflow_${name}_vectors`;
  await qdrantAsOwner(house.info).createCollection(collection, { vectors: { size: 2, distance: 'Dot' } });
  try {
    return await use(collection);
  } finally {
    await qdrantAsOwner(house.info).deleteCollection(collection);
  }
}

const CASES: Foreign[] = [
  {
    what: 'a PostgreSQL database',
    step: 'postgres.create',
    make: async (name) => {
      await pg(`CREATE DATABASE freeflow_${name}`);
      await pg('CREATE TABLE t (n int); INSERT INTO t VALUES (42)', `freeflow_${name}`);
    },
    content: async (name) => [await pg('SELECT n FROM t', `freeflow_${name}`), await pg(`SELECT oid, datdba, datacl::text FROM pg_database WHERE datname = 'freeflow_${name}'`)],
    remove: (name) => pg(`DROP DATABASE freeflow_${name}`),
    seen: () => ({ postgres: expect.objectContaining({ owner: expect.any(String) }) }),
  },
  {
    what: 'a PostgreSQL role',
    step: 'postgres.create',
    make: (name) => pg(`CREATE ROLE freeflow_${name}_owner LOGIN PASSWORD 'theirs'`),
    content: (name) => pg(`SELECT oid, rolcanlogin, rolpassword FROM pg_authid WHERE rolname = 'freeflow_${name}_owner'`),
    remove: (name) => pg(`DROP ROLE freeflow_${name}_owner`),
    seen: (name) => ({ postgresRoles: [`freeflow_${name}_owner`] }),
  },
  {
    what: 'a MongoDB database',
    step: 'mongodb.create',
    make: (name) => mongo(name, (db) => db.collection('theirs').insertOne({ n: 42 })),
    content: (name) => mongo(name, (db) => db.collection('theirs').find().toArray()),
    remove: (name) => mongo(name, (db) => db.dropDatabase()),
    seen: () => ({ mongoCollections: ['theirs'] }),
  },
  {
    what: 'a MongoDB user',
    step: 'mongodb.create',
    make: (name) => mongo(name, (db) => db.command({ createUser: `freeflow_${name}`, pwd: 'theirs', roles: ['read'] })),
    content: (name) => mongo(name, async (db) => (await db.command({ usersInfo: 1, showCredentials: true }))['users'] as unknown),
    remove: (name) => mongo(name, (db) => db.command({ dropUser: `freeflow_${name}` })),
    seen: (name) => ({ mongoUsers: [`freeflow_${name}`] }),
  },
  {
    what: 'a Qdrant collection',
    step: 'qdrant.create',
    make: async (name) => {
      await qdrantAsOwner(house.info).createCollection(`freeflow_${name}_vectors`, { vectors: { size: 2, distance: 'Dot' } });
      await qdrantAsOwner(house.info).upsert(`freeflow_${name}_vectors`, { wait: true, points: [{ id: 7, vector: [1, 2], payload: { n: 42 } }] });
    },
    content: async (name) => {
      const qdrant = qdrantAsOwner(house.info);
      return [(await qdrant.getCollection(`freeflow_${name}_vectors`)).config, (await qdrant.scroll(`freeflow_${name}_vectors`, { with_vector: true })).points];
    },
    remove: (name) => qdrantAsOwner(house.info).deleteCollection(`freeflow_${name}_vectors`),
    seen: () => ({ qdrant: expect.objectContaining({ points: 1 }) }),
  },
  {
    what: 'a Qdrant snapshot, which an earlier collection has left behind,',
    step: 'qdrant.create',
    make: (name) => withCollection(name, (collection) => qdrantAsOwner(house.info).createSnapshot(collection)),
    content: (name) => withCollection(name, (collection) => qdrantAsOwner(house.info).listSnapshots(collection)),
    remove: (name) => withCollection(name, async (collection) => {
      for (const it of await qdrantAsOwner(house.info).listSnapshots(collection)) await qdrantAsOwner(house.info).deleteSnapshot(collection, it.name);
    }),
    seen: () => ({}),
  },
  {
    what: 'a Keycloak realm',
    step: 'keycloak.create',
    make: (name) => asKeycloakAdmin(house.info, 'POST', '/admin/realms', { realm: `freeflow-${name}`, enabled: true, displayName: 'theirs', users: [{ username: 'theirs', enabled: true }] }),
    content: async (name) => [await asKeycloakAdmin(house.info, 'GET', `/admin/realms/freeflow-${name}`), await asKeycloakAdmin(house.info, 'GET', `/admin/realms/freeflow-${name}/users`)],
    remove: (name) => asKeycloakAdmin(house.info, 'DELETE', `/admin/realms/freeflow-${name}`),
    seen: () => ({ keycloak: { id: expect.any(String) } }),
  },
];

test.each(CASES)('$what of that name which is not ours stays untouched; the create is undone and says whose it is', async ({ step, make, content, remove, seen }) => {
  const name = newName('f');
  await make(name);
  const before = await content(name);

  const tenant = await createTenant(house, name);
  expect(tenant).toMatchObject({ status: 'deleted', goneAt: expect.any(String), operation: { state: 'rolled_back', step, cause: expect.stringContaining(`freeflow`), advice: expect.stringContaining('not ours') } });
  expect(await content(name)).toEqual(before);
  expect(await lookFromOutside(house.info, name)).toEqual({ ...NOTHING, ...seen(name) });
  const row = (await logOf(house, tenant.id)).find((it) => it.step === step);
  expect(row).toMatchObject({ status: 'error', message: expect.stringMatching(/^foreign-resource: /) });

  // The way out that the advice names: once it is gone, the name can be used.
  await remove(name);
  expect((await createTenant(house, name)).status).toBe('active');
});
