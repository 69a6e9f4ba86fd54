import { QdrantClient } from '@qdrant/js-client-rest';
import { hasCode } from '../../backends/failures';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { startQdrant, type OwnQdrant } from '../support/own-qdrant';
import { backendOf, entryOf, secretsOf } from './bench';

const KEY = 'a-key-of-this-test-alone-0123456789';
/** As strict as it gets: no filter without an index, two points at a time. */
const STRICT = Object.fromEntries(
  Object.entries({
    ENABLED: 'true',
    UNINDEXED_FILTERING_RETRIEVE: 'false',
    UNINDEXED_FILTERING_UPDATE: 'false',
    MAX_QUERY_LIMIT: '2',
    MAX_TIMEOUT: '5',
    SEARCH_ALLOW_EXACT: 'false',
    FILTER_MAX_CONDITIONS: '2',
    CONDITION_MAX_SIZE: '2',
    UPSERT_MAX_BATCHSIZE: '2',
  }).map(([name, value]) => [`QDRANT__STORAGE__COLLECTION__STRICT_MODE__${name}`, value]),
);

let server: OwnQdrant;
let harness: ActivityHarness;
let owner: QdrantClient;
beforeAll(async () => {
  server = await startQdrant({ ...STRICT, QDRANT__SERVICE__API_KEY: KEY, QDRANT__SERVICE__JWT_RBAC: 'true' });
  harness = await openActivityHarness({ QDRANT_URL: server.url, QDRANT_API_KEY: KEY });
  owner = new QdrantClient({ url: server.url, apiKey: KEY, checkCompatibility: false });
});
afterAll(async () => {
  await harness.close();
  await server.stop();
});

const readsAsTenant = async (collection: string, token = '') =>
  new QdrantClient({ url: server.url, apiKey: token, checkCompatibility: false }).getCollection(collection).then(
    () => 'in',
    (error: unknown) => (hasCode(error, 401) ? 401 : error),
  );

async function wholeLife(): Promise<void> {
  const tenant = await harness.newTenant();
  const collection = `freeflow_${tenant.name}_vectors`;
  await harness.run('qdrant.create', tenant);
  await harness.run('qdrant.probe', tenant);
  const { token } = await secretsOf(harness, tenant, 'qdrant');
  await harness.run('qdrant.disable', tenant);
  expect(await readsAsTenant(collection, token)).toBe(401);
  await harness.run('qdrant.enable', tenant);
  expect(await readsAsTenant(collection, token)).toBe('in');
  const { nonce } = await entryOf(harness, tenant, 'qdrant');
  expect(await backendOf(harness, 'qdrant').listOwned([], new AbortController().signal)).toContainEqual({
    name: collection,
    nonce,
  });
  await harness.run('qdrant.drop', tenant);
  expect(await entryOf(harness, tenant, 'qdrant')).toMatchObject({ state: 'absent' });
  expect((await owner.collectionExists(collection)).exists).toBe(false);
}

test('a tenant lives its whole life at a server in strict mode', async () => {
  await expect(wholeLife()).resolves.toBeUndefined();
});

test('the reconciler lists all that is ours, however little the server gives at a time', async () => {
  const tenants = [await harness.newTenant(), await harness.newTenant(), await harness.newTenant()];
  for (const it of tenants) await harness.run('qdrant.create', it);
  // Without its collection a tenant is found by its point alone.
  for (const it of tenants) await owner.deleteCollection(`freeflow_${it.name}_vectors`);
  const names = (await backendOf(harness, 'qdrant').listOwned([], new AbortController().signal)).map((it) => it.name);
  expect(names).toEqual(expect.arrayContaining(tenants.map((it) => `freeflow_${it.name}_vectors`)));
  for (const it of tenants) await harness.run('qdrant.drop', it);
});

test('a registry that an older version has made is finished: what is filtered by gets its index', async () => {
  const { config } = await owner.getCollection('freeflow_registry');
  await owner.deleteCollection('freeflow_registry');
  await owner.createCollection('freeflow_registry', { vectors: {}, metadata: config.metadata ?? {} });
  await owner.createPayloadIndex('freeflow_registry', { wait: true, field_name: 'token_id', field_schema: 'keyword' });
  await wholeLife();
  const after = await owner.getCollection('freeflow_registry');
  expect(Object.keys(after.payload_schema).toSorted()).toEqual(['nonce', 'token_id']);
  expect(after.config).toMatchObject({ metadata: config.metadata, strict_mode_config: { enabled: false } });
});
