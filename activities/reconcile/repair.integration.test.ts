import { createSecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { reconcileActivities } from '.';
import { backendOf, entryOf } from '../../test/field/bench';
import { realmOf } from '../../test/field/keycloak-bench';
import { openActivityHarness, type ActivityHarness } from '../../test/support/activity-harness';
import { startHttpProxy } from '../../test/support/http-proxy';
import { leaveOfCall } from '../../test/support/pool';
import { Installation } from '../installation';
import { Ledger } from '../ledger';
import { TenantLock } from '../tenant-lock';

let harness: ActivityHarness;
let cutOff: ActivityHarness;
let lock: TenantLock;
let closeProxy: () => Promise<void>;
/** So many changes from now on get no answer, and are lost. */
let silent = 0;

beforeAll(async () => {
  harness = await openActivityHarness();
  const proxy = await startHttpProxy(harness.info.keycloak.url, '/kc', {
    lateMs: (method, url) =>
      method !== 'GET' && url.startsWith('/admin/realms/') && silent-- > 0 ? 'never' : undefined,
  });
  closeProxy = proxy.close;
  cutOff = harness.another({ KEYCLOAK_URL: `${proxy.origin}/kc` });
  const url = new URL(harness.info.masterDatabase.workerUrl);
  url.pathname = `/${harness.database}`;
  lock = new TenantLock(url.href);
});
afterAll(async () => {
  await lock.close();
  await cutOff.close();
  await closeProxy();
  await harness.close();
});

async function repairAll(): Promise<void> {
  const { db, info } = harness;
  const installation = new Installation(db);
  const activities = reconcileActivities({
    db,
    secrets: createSecretStore(db, readSecretKeys(info.secretsKey)),
    lock,
    backends: [backendOf(cutOff, 'keycloak')],
    plans: new Map(),
    installation,
    ledger: new Ledger(db, installation),
    startOperation: async () => 'started',
    hasOpenRun: async () => true,
  });
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  await environment.run(() => activities.reconcile({ requestedBy: 'test', fix: true }));
}

test('a repair that gets no answer, and then one when it is tried again, leaves the first call on record', async () => {
  const tenant = await harness.newTenant();
  await harness.run('keycloak.create', tenant);
  await harness.db.tenantResource.updateMany({ where: { tenantId: tenant.tenantId }, data: { state: 'disabled' } });
  await harness.db.tenantOperation.updateMany({ data: { state: 'done', endedAt: new Date() } });
  silent = 1;
  await repairAll();
  expect(silent).toBeLessThanOrEqual(0);
  expect(await realmOf(harness, tenant).call('GET', '')).toMatchObject({ enabled: false });
  expect(await entryOf(harness, tenant, 'keycloak')).toMatchObject({
    callStartedAt: expect.any(Date),
    callEffect: null,
  });
  await harness.db.tenantOperation.updateMany({ data: { state: 'running', endedAt: null } });
  await leaveOfCall(harness, tenant.tenantId, 1);
  await harness.run('keycloak.drop', tenant);
});
