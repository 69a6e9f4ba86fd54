import { newName } from '../support/activity-harness';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import type { Running } from '../support/installation';
import { replayNow } from '../support/replay';
import { change, createTenant, parkedStepsOf, tenantOf } from '../support/tenants';
import { until } from '../support/until';

/** More than a transaction is given (5 s), so it is tried again; and more than a workflow task waits for a local activity, 4 s of its 5. */
const SLOW_S = 5.5;

const IMPATIENT = { STEP_PATIENCE_MS: '500', PARKED_RETRY_MS: '1500' };

let installation: FaultInjectedInstallation;
let worker: Running;
beforeAll(async () => {
  installation = await openFaultInjectedInstallation(false);
  worker = await installation.startWorker(IMPATIENT);
});
afterAll(() => installation.close());

test('while the master database is slow to write down that a step is parked, others go on; the history replays, and another worker goes on with it', async () => {
  const { id } = await createTenant(installation, newName('b'));
  await installation.master.query(`
    CREATE SEQUENCE slow_times;
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN IF nextval('slow_times') = 1 THEN PERFORM pg_sleep(${SLOW_S}); END IF; RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE INSERT ON "TenantProvisionLog" FOR EACH ROW WHEN (NEW.step = 'park' AND NEW.message LIKE 'parked at %, %') EXECUTE FUNCTION slow()`);
  installation.proxies.qdrant.shut();
  // It holds on to its calls until the other is parked, then fails.
  installation.proxies.postgres.trouble({ kind: 'black-hole' });
  installation.proxies.postgres.renew();
  await installation.request('POST', `/tenants/${id}/suspend`);
  await until('the first is parked', async () => (await parkedStepsOf(installation, id)).length === 1);
  installation.proxies.postgres.shut();
  installation.proxies.postgres.trouble();
  await until('both are parked', async () => (await parkedStepsOf(installation, id)).length === 2);

  const handle = installation.operator.client.workflow.getHandle(`tenant-${id}`);
  await until('its tasks are done', async () => (await handle.describe()).raw.pendingWorkflowTask == null);
  expect(await replayNow({ 'parked slowly': await handle.fetchHistory() })).toEqual([]);

  await installation.master.query('DROP TRIGGER slow ON "TenantProvisionLog"');
  await worker.stop('SIGKILL');
  await installation.startWorker(IMPATIENT);
  for (const it of ['qdrant', 'postgres'] as const) installation.proxies[it].open();
  await until('it is suspended', async () => (await tenantOf(installation, id)).status === 'suspended');
  await change(installation, id, 'delete');
});
