import type { Db } from 'mongodb';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { contentOf, openMongoTenant } from './mongo-tenant';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

/** What a tenant may do to names that are, or were, ours. */
const WAYS: [what: string, act: (db: Db) => Promise<unknown>][] = [
  [
    'fills a collection called freeflow_probe',
    (db) => db.collection('freeflow_probe').insertMany([1, 2, 3, 4, 5].map((n) => ({ _id: n as never, n }))),
  ],
  [
    'makes a view called freeflow_probe',
    (db) => db.createCollection('freeflow_probe', { viewOn: 'other', pipeline: [] }),
  ],
  [
    'makes a capped collection called freeflow_probe',
    (db) => db.createCollection('freeflow_probe', { capped: true, size: 4096 }),
  ],
  ['drops _freeflow_meta', (db) => db.dropCollection('_freeflow_meta')],
  [
    'drops every collection it has',
    async (db) => {
      for (const { name } of await db.listCollections().toArray()) await db.dropCollection(name);
    },
  ],
  [
    'fills _freeflow_meta',
    (db) => db.collection<{ _id: string }>('_freeflow_meta').insertMany([{ _id: 'a' }, { _id: 'b' }]),
  ],
  [
    'replaces our note in _freeflow_meta',
    (db) => db.collection<{ _id: string }>('_freeflow_meta').replaceOne({ _id: 'tenant' }, { mine: true }),
  ],
  [
    'makes _freeflow_meta a view',
    async (db) => {
      await db.dropCollection('_freeflow_meta');
      await db.createCollection('_freeflow_meta', { viewOn: 'other', pipeline: [] });
    },
  ],
  [
    'makes _freeflow_meta a capped collection',
    async (db) => {
      await db.dropCollection('_freeflow_meta');
      await db.createCollection('_freeflow_meta', { capped: true, size: 4096 });
    },
  ],
  [
    'makes _freeflow_meta a time series',
    async (db) => {
      await db.dropCollection('_freeflow_meta');
      await db.createCollection('_freeflow_meta', { timeseries: { timeField: 'at' } });
    },
  ],
  [
    'puts a validator on _freeflow_meta that refuses our note',
    async (db) => {
      await db.dropCollection('_freeflow_meta');
      await db.createCollection('_freeflow_meta', { validator: { mine: { $exists: true } } });
    },
  ],
  [
    'puts a unique index on _freeflow_meta',
    (db) => db.collection('_freeflow_meta').createIndex({ tenantId: 1 }, { unique: true }),
  ],
];

test.each(WAYS)(
  'a tenant that %s keeps it through suspend and resume, and is as it should be for the reconciler',
  async (_what, act) => {
    const tenant = await openMongoTenant(harness);
    await tenant.asTenant(act);
    const before = await tenant.asOwner(contentOf);
    for (const verb of ['create', 'probe', 'disable', 'enable'] as const) await tenant.step(verb);
    expect(await tenant.asOwner(contentOf)).toEqual(before);
    expect(await tenant.findDrift()).toEqual([]);
    await tenant.step('drop');
  },
);
