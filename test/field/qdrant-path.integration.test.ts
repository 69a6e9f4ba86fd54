import type { StackInfo } from '@freeflow/contract/stack-info';
import { portOf } from '../../backends/qdrant/client';
import { readStackInfo } from '../../stack/stack-info';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { doctor } from '../support/doctor';
import { startHttpProxy, type HttpProxy } from '../support/http-proxy';
import { TEST_STACK } from '../support/master';

let info: StackInfo;
let proxy: HttpProxy;
let harness: ActivityHarness;
beforeAll(async () => {
  info = readStackInfo(TEST_STACK);
  proxy = await startHttpProxy(info.qdrant.url, '/vectors/qdrant');
  harness = await openActivityHarness({ QDRANT_URL: `${proxy.origin}/vectors/qdrant/` });
});
afterAll(async () => {
  await harness.close();
  await proxy.close();
});

test('a Qdrant below a path of a proxy is asked there and nowhere else, by the owner and as the tenant', async () => {
  const tenant = await harness.newTenant();
  for (const step of ['create', 'probe', 'disable', 'enable', 'drop'] as const)
    await harness.run(`qdrant.${step}`, tenant);
  expect(proxy.strays).toEqual([]);
});

test('so does doctor', async () => {
  const { lines } = await doctor(
    { info },
    { QDRANT_URL: `${proxy.origin}/vectors/qdrant`, QDRANT_API_KEY: info.qdrant.apiKey },
  );
  const found = Object.entries(lines)
    .filter(([name]) => name.startsWith('qdrant.'))
    .map(([name, { status }]) => [name, status]);
  expect(Object.fromEntries(found)).toMatchObject({
    'qdrant.connection': 'ok',
    'qdrant.key-length': 'ok',
    'qdrant.wrong-key': 'ok',
    'qdrant.rbac': 'ok',
  });
  expect(proxy.strays).toEqual([]);
});

test.each([
  ['http://h', 6333],
  ['http://h/', 6333],
  ['http://h:7000/q', 7000],
  ['https://h', 443],
  ['https://h/q', 443],
  ['https://h:6333', 6333],
  ['http://h/q', 80],
  ['http://h:80/q/', 80],
])('the port of %s is %d', (url, port) => {
  expect(portOf(new URL(url))).toBe(port);
});
