import { createSecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import type { Db, MongoClient } from 'mongodb';
import type { Activities } from '../../activities';
import { targetOf } from '../../activities/ledger';
import { newName, type ActivityHarness } from '../support/activity-harness';
import { withMongo } from '../support/outside';

type Verb = 'create' | 'probe' | 'disable' | 'enable' | 'drop';

/** A tenant that has MongoDB alone, seen by itself and by the owner of the server. */
export interface MongoTenant {
  tenantId: string;
  /** Of its database and its user. */
  name: string;
  /** Takes one step; gives the sentence that it left in the log. */
  step: (verb: Verb) => Promise<string>;
  /** What a reconciliation would find, in words. */
  findDrift: (state?: 'present' | 'disabled') => Promise<string[]>;
  /** A URL with the tenant's own login. */
  url: () => Promise<string>;
  /** As the tenant, by a connection of its own. */
  asTenant: <T>(use: (db: Db) => Promise<T>) => Promise<T>;
  /** As the owner of the server. */
  asOwner: <T>(use: (db: Db, client: MongoClient) => Promise<T>) => Promise<T>;
}

/** @param isMade whether it is created, or stands in the master database alone */
export async function openMongoTenant(
  harness: ActivityHarness,
  { mongoUrl = harness.info.mongodb.url, name = newName('m'), isMade = true } = {},
): Promise<MongoTenant> {
  const tenant = await harness.newTenant('create', name);
  const { tenantId } = tenant;
  const database = `freeflow_${name}`;
  const url = async () => {
    const store = createSecretStore(harness.db, readSecretKeys(harness.info.secretsKey));
    const own = (await store.list(tenantId)).find(({ backend }) => backend === 'mongodb');
    const its = new URL(mongoUrl);
    [its.username, its.password, its.pathname] = [
      database,
      own === undefined ? '' : await store.resolve(own.ref, { tenantId, backend: 'mongodb' }),
      `/${database}`,
    ];
    its.searchParams.set('authSource', database);
    return its.href;
  };
  const step = async (verb: Verb) => {
    await harness.run(`mongodb.${verb}` as keyof Activities, tenant);
    const row = await harness.db.tenantProvisionLog.findFirstOrThrow({
      where: { tenantId, step: `mongodb.${verb}` },
      orderBy: { seq: 'desc' },
    });
    return row.message ?? '';
  };
  const findDrift = async (state: 'present' | 'disabled' = 'present') => {
    const [backend, entry] = [
      harness.backends.find(({ kind }) => kind === 'mongodb'),
      await harness.db.tenantResource.findFirstOrThrow({ where: { tenantId, kind: 'mongodb' } }),
    ];
    const found = await backend?.findDrift(targetOf(entry, name, new AbortController().signal), state, {
      password: decodeURIComponent(new URL(await url()).password),
    });
    return (found ?? []).map(({ what }) => what);
  };
  if (isMade) for (const verb of ['create', 'probe'] as const) await step(verb);
  return {
    tenantId,
    name: database,
    step,
    url,
    findDrift,
    asTenant: async (use) => withMongo(await url(), (client) => use(client.db(database))),
    asOwner: (use) => withMongo(mongoUrl, (client) => use(client.db(database), client)),
  };
}

/** All that stands in a database: collections with options and indexes, views with their definitions, documents. */
export async function contentOf(db: Db): Promise<unknown[]> {
  const collections = (await db.listCollections().toArray()).filter(({ name }) => !name.startsWith('system.'));
  const each = collections.map(async (collection) => ({
    ...collection,
    documents: await db.collection(collection.name).find().sort({ _id: 1 }).toArray(),
    indexes: collection.type === 'view' ? [] : await db.collection(collection.name).indexes(),
  }));
  return (await Promise.all(each)).sort((a, b) => (a.name < b.name ? -1 : 1));
}
