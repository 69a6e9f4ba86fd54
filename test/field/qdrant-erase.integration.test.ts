import type { QdrantClient } from '@qdrant/js-client-rest';
import { clientFor } from '../../backends/qdrant/client';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { observeFromOutside, NOTHING, qdrantAsOwner } from '../support/outside';
import { until } from '../support/until';
import { entryOf, lastMessageOf, secretsOf } from './bench';

type Tenant = Awaited<ReturnType<ActivityHarness['newTenant']>>;

const SIZE = 1536;
/** Enough that a snapshot takes a while. */
const MANY = 300;

let harness: ActivityHarness;
let owner: QdrantClient;
beforeAll(async () => {
  harness = await openActivityHarness();
  owner = qdrantAsOwner(harness.info);
});
afterAll(() => harness.close());

const collectionOf = ({ name }: Tenant) => `freeflow_${name}_vectors`;
const upsert = (client: QdrantClient, name: string, count: number, wait = true) =>
  client.upsert(name, {
    wait,
    points: Array.from({ length: count }, (_, id) => ({
      id,
      vector: Array.from({ length: SIZE }, (_, at) => Math.sin(id + at)),
      payload: { text: 'x'.repeat(4_000) },
    })),
  });

/** A tenant with data, and its own client. */
async function inUse(points = 20): Promise<{ tenant: Tenant; own: QdrantClient }> {
  const tenant = await harness.newTenant();
  await harness.run('qdrant.create', tenant);
  const { token = '' } = await secretsOf(harness, tenant, 'qdrant');
  const own = clientFor(new URL(harness.info.qdrant.url), token);
  await upsert(own, collectionOf(tenant), points);
  return { tenant, own };
}

/** Goes on with something until it is refused, several at a time. */
function goOn(what: () => Promise<unknown>): Promise<unknown> {
  const one = async () => {
    for (;;) await what();
  };
  return Promise.allSettled([one(), one(), one()]);
}

/** Snapshots are seen below a collection alone. */
async function snapshotsLeft(name: string): Promise<string[]> {
  await owner.createCollection(name, { vectors: {} });
  const left = [...(await owner.listSnapshots(name)), ...(await owner.listShardSnapshots(name, 0))].map(
    (it) => it.name,
  );
  await owner.deleteCollection(name);
  return left;
}

test.each([
  ['of its collection', (own: QdrantClient, name: string) => own.createSnapshot(name)],
  ['of a shard', (own: QdrantClient, name: string) => own.createShardSnapshot(name, 0, {})],
] as const)(
  'a snapshot %s that is in progress while it is erased does not stay, and the name is free again',
  async (_what, snapshot) => {
    const { tenant, own } = await inUse(MANY);
    const snapshots = goOn(() => snapshot(own, collectionOf(tenant)));
    await until(
      'a snapshot is made',
      async () =>
        (await owner.listSnapshots(collectionOf(tenant))).length +
          (await owner.listShardSnapshots(collectionOf(tenant), 0)).length >
        0,
    );
    await harness.run('qdrant.drop', tenant);
    await snapshots;
    expect(await snapshotsLeft(collectionOf(tenant))).toEqual([]);
    expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
    expect(await lastMessageOf(harness, tenant, 'qdrant.drop')).toMatch(
      /dropped and seen absent; \d+ snapshot\(s\) of it were deleted with it/,
    );
  },
);

test('points that are written while it is erased do not stay', async () => {
  const { tenant, own } = await inUse();
  const writing = goOn(() => upsert(own, collectionOf(tenant), 20, false));
  await harness.run('qdrant.drop', tenant);
  await writing;
  expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
});

test('an erasure that was cut short after the data went is finished by the next attempt, snapshots included', async () => {
  const { tenant, own } = await inUse();
  await own.createSnapshot(collectionOf(tenant));
  const { nonce } = await entryOf(harness, tenant, 'qdrant');
  // As an attempt leaves it that dies between the two.
  await owner.upsert('freeflow_registry', {
    wait: true,
    points: [{ id: nonce, vector: {}, payload: { erasing: true, nonce, collection: collectionOf(tenant) } }],
  });
  await owner.deleteCollection(collectionOf(tenant));
  await harness.run('qdrant.drop', tenant);
  expect(await snapshotsLeft(collectionOf(tenant))).toEqual([]);
  expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
});

test('what another party has made of that name meanwhile is left alone', async () => {
  const { tenant } = await inUse();
  const name = collectionOf(tenant);
  const { nonce } = await entryOf(harness, tenant, 'qdrant');
  await owner.upsert('freeflow_registry', {
    wait: true,
    points: [{ id: nonce, vector: {}, payload: { erasing: true, nonce, collection: name } }],
  });
  await owner.deleteCollection(name);
  await owner.createCollection(name, { vectors: { size: 2, distance: 'Dot' } });
  await owner.upsert(name, { wait: true, points: [{ id: 7, vector: [1, 2] }] });
  await owner.createSnapshot(name);
  await harness.run('qdrant.drop', tenant);
  expect({
    points: (await owner.getCollection(name)).points_count,
    snapshots: (await owner.listSnapshots(name)).length,
  }).toEqual({ points: 1, snapshots: 1 });
  expect(await lastMessageOf(harness, tenant, 'qdrant.drop')).toMatch(/left alone/);
  for (const it of await owner.listSnapshots(name)) await owner.deleteSnapshot(name, it.name);
  await owner.deleteCollection(name);
});
