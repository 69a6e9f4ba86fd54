import { asKeycloakAdmin } from '../../test/support/outside';
import { openWorkbench, type Workbench } from '../../test/support/workbench';

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

test('a realm that is cut off takes no token it has issued, not even those of the very second', async () => {
  const tenant = await bench.newTenant();
  await bench.run('keycloak.create', tenant);
  await bench.run('keycloak.disable', tenant);
  const { body } = await asKeycloakAdmin(bench.info, 'GET', `/admin/realms/freeflow-${tenant.name}`);
  const { enabled, notBefore } = body as { enabled: boolean; notBefore: number };
  // Keycloak refuses tokens that were issued before this second: its own logout of all sets it to the present one.
  expect({ enabled, isAhead: notBefore > Date.now() / 1000 + 30 }).toEqual({ enabled: false, isAhead: true });
  await bench.run('keycloak.drop', tenant);
});
