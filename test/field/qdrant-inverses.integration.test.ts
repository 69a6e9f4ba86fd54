import { UUID_NAMESPACE } from '@freeflow/contract';
import type { QdrantClient } from '@qdrant/js-client-rest';
import fc from 'fast-check';
import { v5 as uuidV5 } from 'uuid';
import { clientFor } from '../../backends/qdrant/client';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { qdrantAsOwner } from '../support/outside';
import { entryOf, lastMessageOf, secretsOf } from './bench';

type Tenant = Awaited<ReturnType<ActivityHarness['newTenant']>>;

const RUNS = Number(process.env['FIELD_RUNS'] ?? 4);
const REGISTRY = 'freeflow_registry';

let harness: ActivityHarness;
let owner: QdrantClient;
let tenant: Tenant;
let own: QdrantClient;
let name: string;
beforeAll(async () => {
  harness = await openActivityHarness();
  owner = qdrantAsOwner(harness.info);
  tenant = await harness.newTenant();
  await harness.run('qdrant.create', tenant);
  name = `freeflow_${tenant.name}_vectors`;
  own = clientFor(new URL(harness.info.qdrant.url), (await secretsOf(harness, tenant, 'qdrant'))['token'] ?? '');
});
afterAll(async () => {
  await harness.run('qdrant.drop', tenant);
  await harness.close();
});

/** All there is of the tenant: its points of the registry, its collection with all points, its snapshots. */
async function whole() {
  const { nonce } = await entryOf(harness, tenant, 'qdrant');
  const registered = await owner.scroll(REGISTRY, {
    filter: { must: [{ key: 'nonce', match: { value: nonce } }] },
    limit: 50,
    with_payload: true,
    with_vector: true,
  });
  const { config, payload_schema: schema, points_count: count } = await owner.getCollection(name);
  const points = await owner.scroll(name, { limit: 500, with_payload: true, with_vector: true });
  const snapshots = await owner.listSnapshots(name);
  return { registered: registered.points, config, schema, count, points: points.points, snapshots };
}

async function suspendAndResume(): Promise<void> {
  await harness.run('qdrant.disable', tenant);
  await harness.run('qdrant.enable', tenant);
}

// No fractions: Qdrant itself changes the last digits of some on their way in.
const value = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.record({ deep: fc.string() }),
);
const payload = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), value, { maxKeys: 4 });

test('suspend and resume give back every token and every setting, whatever they hold', async () => {
  const settings = fc.record({
    note: payload,
    others: fc.array(fc.record({ id: fc.uuid(), payload }), { maxLength: 3 }),
    indexes: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'freeflowProbe'), { maxLength: 3 }),
    config: fc.record({
      optimizers_config: fc.record({ indexing_threshold: fc.integer({ min: 1_000, max: 90_000 }) }),
      hnsw_config: fc.record({ m: fc.integer({ min: 4, max: 64 }) }),
      params: fc.record({ on_disk_payload: fc.boolean() }),
    }),
  });
  await fc.assert(
    fc.asyncProperty(settings, async ({ note, others, indexes, config }) => {
      const { nonce } = await entryOf(harness, tenant, 'qdrant');
      const [first] = (await whole()).registered;
      if (first === undefined) throw new Error('no token is registered');
      await owner.setPayload(REGISTRY, { wait: true, payload: { note }, points: [first.id] });
      for (const it of others)
        await owner.upsert(REGISTRY, {
          wait: true,
          points: [{ id: it.id, vector: {}, payload: { ...it.payload, token_id: it.id, nonce, collection: name } }],
        });
      for (const it of indexes)
        await own.createPayloadIndex(name, { wait: true, field_name: it, field_schema: 'keyword' });
      await owner.updateCollection(name, config);
      const before = await whole();
      await suspendAndResume();
      expect(await whole()).toEqual(before);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});

test('a probe leaves alone what the tenant has, under every id it could use', async () => {
  // One under which older versions have written.
  const ids = [
    uuidV5(`probe/${name}`, UUID_NAMESPACE),
    uuidV5(`freeflow/${name}`, UUID_NAMESPACE),
    '00000000-0000-0000-0000-000000000000',
    0,
    1,
    Number.MAX_SAFE_INTEGER,
  ];
  await own.upsert(name, {
    wait: true,
    points: ids.map((id) => ({
      id,
      vector: Array.from({ length: 1536 }, (_, at) => (at === 0 ? 1 : 0)),
      payload: { freeflowProbe: 1 },
    })),
  });
  const before = await whole();
  await harness.run('qdrant.probe', tenant);
  await suspendAndResume();
  expect(await whole()).toEqual(before);
});

test('a tenant whose token was removed from the registry gets it back by suspend and resume, and that is reported', async () => {
  const { nonce } = await entryOf(harness, tenant, 'qdrant');
  await owner.delete(REGISTRY, { wait: true, filter: { must: [{ key: 'nonce', match: { value: nonce } }] } });
  await suspendAndResume();
  await own.getCollection(name);
  expect(await lastMessageOf(harness, tenant, 'qdrant.enable')).toMatch(
    /stored token had been removed from the registry/,
  );
});
