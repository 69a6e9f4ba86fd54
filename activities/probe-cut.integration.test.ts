import type { BackendKind } from '@freeflow/contract';
import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { startProxy } from '../test/support/tcp-proxy';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

/** More replies than any probe has on one connection. */
const MOST_REPLIES = 100;

test.each<[BackendKind, string, number, (info: ActivityHarness['info']) => string]>([
  ['postgres', 'POSTGRES_ADMIN_URL', 10, (info) => info.postgres.provisionerUrl],
  ['mongodb', 'MONGODB_ADMIN_URL', 10, (info) => info.mongodb.provisionerUrl],
  ['qdrant', 'QDRANT_URL', 3, (info) => info.qdrant.url],
  ['keycloak', 'KEYCLOAK_URL', 2, (info) => info.keycloak.url],
])(
  '%s: a probe that is cut off before any of its replies says so, and nothing of rights',
  async (kind, name, leastReplies, urlIn) => {
    const url = new URL(urlIn(harness.info));
    const proxy = await startProxy(url.hostname, Number(url.port));
    url.port = String(proxy.port);
    const worker = harness.another({ [name]: url.href.replace(/\/$/, '') });
    const tenant = await harness.newTenant();
    await harness.run(`${kind}.create`, tenant);
    const failures: string[] = [];
    try {
      for (let after = 0; after < MOST_REPLIES; after++) {
        proxy.trouble({ kind: 'drop-replies', after });
        const failure = await worker.run(`${kind}.probe`, tenant).then(
          () => undefined,
          ({ type, message }: { type: string; message: string }) => (type === 'unreachable' ? type : message),
        );
        if (failure === undefined) break;
        failures.push(failure);
      }
    } finally {
      await worker.close();
      await proxy.close();
      await harness.run(`${kind}.drop`, tenant);
    }
    expect(new Set(failures)).toEqual(new Set(['unreachable']));
    expect(failures.length).toBeGreaterThanOrEqual(leastReplies);
  },
);
