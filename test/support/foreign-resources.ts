import type { StackInfo } from '@freeflow/contract/stack-info';
import type { Db } from 'mongodb';
import { asKeycloakAdmin, qdrantAsOwner, withMongo, withPostgres, type Seen } from './outside';

/** Something of another party under a tenant's name: how it comes there, what is in it, how it goes again. */
export interface ForeignResource {
  what: string;
  step: string;
  make: (name: string) => Promise<unknown>;
  content: (name: string) => Promise<unknown>;
  remove: (name: string) => Promise<unknown>;
  /** What is to be seen of it from outside, beside nothing else. */
  seen: (name: string) => Partial<Record<keyof Seen, unknown>>;
}

/** All kinds there are. */
export function foreignResourcesAt(info: StackInfo): ForeignResource[] {
  const pg = <T extends object>(sql: string, database = 'postgres') =>
    withPostgres(
      info.postgres.url.replace(/\/[^/]*$/, `/${database}`),
      async (client) => (await client.query<T>(sql)).rows,
    );
  const mongo = <T>(name: string, use: (db: Db) => Promise<T>) =>
    withMongo(info.mongodb.url, (client) => use(client.db(`freeflow_${name}`)));

  /** Qdrant shows the snapshots of a name only while there is a collection of that name. */
  async function withCollection<T>(name: string, use: (collection: string) => Promise<T>): Promise<T> {
    const collection = `freeflow_${name}_vectors`;
    await qdrantAsOwner(info).createCollection(collection, { vectors: { size: 2, distance: 'Dot' } });
    try {
      return await use(collection);
    } finally {
      await qdrantAsOwner(info).deleteCollection(collection);
    }
  }

  return [
    {
      what: 'a PostgreSQL database',
      step: 'postgres.create',
      make: async (name) => {
        await pg(`CREATE DATABASE freeflow_${name}`);
        await pg('CREATE TABLE t (n int); INSERT INTO t VALUES (42)', `freeflow_${name}`);
      },
      content: async (name) => [
        await pg('SELECT n FROM t', `freeflow_${name}`),
        await pg(`SELECT oid, datdba, datacl::text FROM pg_database WHERE datname = 'freeflow_${name}'`),
      ],
      remove: (name) => pg(`DROP DATABASE freeflow_${name}`),
      seen: () => ({ postgres: expect.objectContaining({ owner: expect.any(String) }) }),
    },
    {
      what: 'a PostgreSQL role',
      step: 'postgres.create',
      make: (name) => pg(`CREATE ROLE freeflow_${name}_owner LOGIN PASSWORD 'theirs'`),
      content: (name) =>
        pg(`SELECT oid, rolcanlogin, rolpassword FROM pg_authid WHERE rolname = 'freeflow_${name}_owner'`),
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
      make: (name) =>
        mongo(name, (db) => db.command({ createUser: `freeflow_${name}`, pwd: 'theirs', roles: ['read'] })),
      content: (name) =>
        mongo(name, async (db) => (await db.command({ usersInfo: 1, showCredentials: true }))['users'] as unknown),
      remove: (name) => mongo(name, (db) => db.command({ dropUser: `freeflow_${name}` })),
      seen: (name) => ({ mongoUsers: [`freeflow_${name}`] }),
    },
    {
      what: 'a Qdrant collection',
      step: 'qdrant.create',
      make: async (name) => {
        await qdrantAsOwner(info).createCollection(`freeflow_${name}_vectors`, {
          vectors: { size: 2, distance: 'Dot' },
        });
        await qdrantAsOwner(info).upsert(`freeflow_${name}_vectors`, {
          wait: true,
          points: [{ id: 7, vector: [1, 2], payload: { n: 42 } }],
        });
      },
      content: async (name) => {
        const qdrant = qdrantAsOwner(info);
        return [
          (await qdrant.getCollection(`freeflow_${name}_vectors`)).config,
          (await qdrant.scroll(`freeflow_${name}_vectors`, { with_vector: true })).points,
        ];
      },
      remove: (name) => qdrantAsOwner(info).deleteCollection(`freeflow_${name}_vectors`),
      seen: () => ({ qdrant: expect.objectContaining({ points: 1 }) }),
    },
    {
      what: 'a Qdrant snapshot, which an earlier collection has left behind,',
      step: 'qdrant.create',
      make: (name) => withCollection(name, (collection) => qdrantAsOwner(info).createSnapshot(collection)),
      content: (name) => withCollection(name, (collection) => qdrantAsOwner(info).listSnapshots(collection)),
      remove: (name) =>
        withCollection(name, async (collection) => {
          for (const it of await qdrantAsOwner(info).listSnapshots(collection))
            await qdrantAsOwner(info).deleteSnapshot(collection, it.name);
        }),
      seen: () => ({}),
    },
    {
      what: 'a Keycloak realm',
      step: 'keycloak.create',
      make: (name) =>
        asKeycloakAdmin(info, 'POST', '/admin/realms', {
          realm: `freeflow-${name}`,
          enabled: true,
          displayName: 'theirs',
          users: [{ username: 'theirs', enabled: true }],
        }),
      content: async (name) => [
        await asKeycloakAdmin(info, 'GET', `/admin/realms/freeflow-${name}`),
        await asKeycloakAdmin(info, 'GET', `/admin/realms/freeflow-${name}/users`),
      ],
      remove: (name) => asKeycloakAdmin(info, 'DELETE', `/admin/realms/freeflow-${name}`),
      seen: () => ({ keycloak: { id: expect.any(String) } }),
    },
  ];
}
