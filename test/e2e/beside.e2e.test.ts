import { openFaultyHouse, type FaultyHouse } from '../support/faulty-house';
import type { Running } from '../support/house';
import { replayNow } from '../support/replay';
import { change, createTenant, parked, tenantOf } from '../support/tenants';
import { until } from '../support/until';
import { newName } from '../support/workbench';

/** More than a transaction is given (5 s), so it is tried again; and more than a workflow task waits for a local activity, 4 s of its 5. */
const SLOW_S = 5.5;

const IMPATIENT = { STEP_PATIENCE_MS: '500', PARKED_RETRY_MS: '1500' };

let house: FaultyHouse;
let worker: Running;
beforeAll(async () => {
  house = await openFaultyHouse(false);
  worker = await house.startWorker(IMPATIENT);
});
afterAll(() => house.close());

test('while the master database is slow to write down that a step is parked, others go on; the history replays, and another worker goes on with it', async () => {
  const { id } = await createTenant(house, newName('b'));
  await house.master.query(`
    CREATE SEQUENCE slow_times;
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN IF nextval('slow_times') = 1 THEN PERFORM pg_sleep(${SLOW_S}); END IF; RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE INSERT ON "TenantProvisionLog" FOR EACH ROW WHEN (NEW.step = 'park' AND NEW.message LIKE 'parked at %, %') EXECUTE FUNCTION slow()`);
  house.proxies.qdrant.shut();
  // It holds on to its calls until the other is parked, then fails.
  house.proxies.postgres.trouble({ kind: 'black-hole' });
  house.proxies.postgres.renew();
  await house.request('POST', `/tenants/${id}/suspend`);
  await until('the first is parked', async () => (await parked(house, id)).length === 1);
  house.proxies.postgres.shut();
  house.proxies.postgres.trouble();
  await until('both are parked', async () => (await parked(house, id)).length === 2);

  const handle = house.operator.client.workflow.getHandle(`tenant-${id}`);
  await until('its tasks are done', async () => (await handle.describe()).raw.pendingWorkflowTask == null);
  expect(await replayNow({ 'parked slowly': await handle.fetchHistory() })).toEqual([]);

  await house.master.query('DROP TRIGGER slow ON "TenantProvisionLog"');
  await worker.stop('SIGKILL');
  await house.startWorker(IMPATIENT);
  for (const it of ['qdrant', 'postgres'] as const) house.proxies[it].open();
  await until('it is suspended', async () => (await tenantOf(house, id)).status === 'suspended');
  await change(house, id, 'delete');
}, 120_000);
