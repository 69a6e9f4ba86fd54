import { entryOf } from '../../test/field/bench';
import type { ActivityHarness } from '../../test/support/activity-harness';
import { endLockSessions } from '../../test/support/lock-sessions';
import { keepUntilDone, leaveOfCall, openPooledHarness, realmIdOf } from '../../test/support/pool';
import { until } from '../../test/support/until';
import { workerBehind } from '../../test/support/worker-behind';

type Tenant = Awaited<ReturnType<ActivityHarness['newTenant']>>;

/** Each answer is late by this much: a claim takes its time. */
const LATE_MS = 500;

let harness: ActivityHarness;
const closing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  harness = await openPooledHarness(1);
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => harness.close());

/** An attempt that has lost its lock in the middle of a claim, and does not know what has become of its calls. */
async function loseClaim(): Promise<{ tenant: Tenant; blank: string }> {
  const [blank] = await keepUntilDone(harness);
  const { worker, proxy, close } = await workerBehind(harness, 'keycloak', { KEYCLOAK_POOL_SIZE: '1' });
  closing.push(close);
  const tenant = await harness.newTenant();
  proxy.trouble({ kind: 'delay', ms: LATE_MS });
  const lost = worker.run('keycloak.create', tenant).catch((error: unknown) => error);
  await until('the claim is at work', async () => {
    const where = { tenantId: tenant.tenantId, formerName: { not: null }, callStartedAt: { not: null } };
    return (await harness.db.tenantResource.count({ where })) === 1;
  });
  await endLockSessions(harness.info, harness.database);
  expect(await lost).toMatchObject({ type: 'lock-lost' });
  return { tenant, blank: blank?.name ?? '' };
}

test('a claim that has lost its lock in the middle writes nothing down any more; its successor completes it', async () => {
  const { tenant, blank } = await loseClaim();
  expect(await entryOf(harness, tenant, 'keycloak')).toMatchObject({ state: 'intended', formerName: blank });
  await harness.run('keycloak.create', tenant);
  await harness.run('keycloak.probe', tenant);
  const { state, formerName, nonce } = await entryOf(harness, tenant, 'keycloak');
  expect({ state, formerName, realm: await realmIdOf(harness, `freeflow-${tenant.name}`) }).toEqual({
    state: 'present',
    formerName: null,
    realm: nonce,
  });
  await leaveOfCall(harness, tenant.tenantId);
  await harness.run('keycloak.drop', tenant);
});

test('a claim that has lost its lock in the middle is undone while its calls may still take effect: nothing is left', async () => {
  const { tenant, blank } = await loseClaim();
  await leaveOfCall(harness, tenant.tenantId, 10_000);
  await harness.run('keycloak.drop', tenant);
  expect([await realmIdOf(harness, `freeflow-${tenant.name}`), await realmIdOf(harness, blank)]).toEqual([
    undefined,
    undefined,
  ]);
  expect((await entryOf(harness, tenant, 'keycloak')).state).toBe('absent');
});
