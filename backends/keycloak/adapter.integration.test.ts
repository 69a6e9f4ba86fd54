import { openActivityHarness, type ActivityHarness } from '../../test/support/activity-harness';
import { asKeycloakAdmin } from '../../test/support/outside';
import { workerBehind } from '../../test/support/worker-behind';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

test('a realm that is cut off takes no token it has issued, not even those of the very second', async () => {
  const tenant = await harness.newTenant();
  await harness.run('keycloak.create', tenant);
  await harness.run('keycloak.disable', tenant);
  const { body } = await asKeycloakAdmin(harness.info, 'GET', `/admin/realms/freeflow-${tenant.name}`);
  const { enabled, notBefore } = body as { enabled: boolean; notBefore: number };
  // Keycloak refuses tokens that were issued before this second: its own logout of all sets it to the present one.
  expect({ enabled, isAhead: notBefore > Date.now() / 1000 + 30 }).toEqual({ enabled: false, isAhead: true });
  await harness.run('keycloak.drop', tenant);
});

test('a call that is never answered is given up after the time that the setting gives it, not before', async () => {
  const callTimeoutMs = 5_000;
  const { worker, proxy, close } = await workerBehind(harness, 'keycloak', {
    KEYCLOAK_CALL_TIMEOUT_MS: String(callTimeoutMs),
  });
  let sentAt = 0;
  proxy.trouble({
    kind: 'answer',
    by: (request) => {
      if (!request.toString().startsWith('POST /admin/realms')) return 'pass';
      sentAt = performance.now();
      return 'more';
    },
  });
  const tenant = await harness.newTenant();
  await expect(worker.run('keycloak.create', tenant)).rejects.toMatchObject({
    type: 'unreachable',
    message: expect.stringContaining('no answer in time'),
  });
  const tookMs = performance.now() - sentAt;
  await close();
  // The default is a minute.
  expect({ isEarly: tookMs < callTimeoutMs - 500, isLate: tookMs > 30_000 }).toEqual({ isEarly: false, isLate: false });
});
