import { openActivityHarness, type ActivityHarness } from '../../test/support/activity-harness';
import { asKeycloakAdmin } from '../../test/support/outside';

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
