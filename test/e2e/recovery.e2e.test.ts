import { setTimeout as delay } from 'node:timers/promises';
import { openFaultyHouse, type FaultyHouse } from '../support/faulty-house';
import { lookFromOutside, NOTHING } from '../support/outside';
import { askFor, deleteTenant, logOf, operationEnds, tenantOf } from '../support/tenants';
import { until } from '../support/until';
import { newName } from '../support/workbench';

const BACKENDS = ['postgres', 'mongodb', 'qdrant', 'keycloak'] as const;
let house: FaultyHouse;

beforeEach(async () => {
  house = await openFaultyHouse(false);
});
afterEach(() => house.close());

test('without any worker it is accepted all the same, and active once there is one', async () => {
  const id = await askFor(house, newName());
  await delay(500);
  expect(await tenantOf(house, id)).toMatchObject({ status: 'provisioning', operation: { state: 'requested' } });
  await house.startWorker();
  expect(await operationEnds(house, id)).toMatchObject({ status: 'active' });
});

test('an API that dies between commit and start loses nothing: the sweep starts it', async () => {
  await house.startWorker();
  // It can commit and reaches no Temporal, and is killed before that changes.
  house.proxies.temporal.shut();
  const id = await askFor(house, newName());
  await house.api().stop('SIGKILL');
  house.proxies.temporal.open();
  await house.startApi();
  expect(await operationEnds(house, id)).toMatchObject({ status: 'active' });
});

test('a worker that starts while all backends are away provisions once they are back', async () => {
  for (const it of BACKENDS) house.proxies[it].shut();
  await house.startWorker();
  const id = await askFor(house, newName());
  await until(
    'all four have failed',
    async () => new Set((await logOf(house, id)).filter((it) => it.status === 'error').map((it) => it.step)).size === 4,
  );
  for (const it of BACKENDS) house.proxies[it].open();
  expect(await operationEnds(house, id)).toMatchObject({ status: 'active' });
});

test.each(BACKENDS)(
  'a worker killed in the middle of %s.create: the next one goes on at once, and the log tells of the lost attempt',
  async (slow) => {
    const worker = await house.startWorker();
    const name = newName('k');
    house.proxies[slow].stall(8_000);
    house.proxies[slow].renew();
    const id = await askFor(house, name);
    await until(
      'the other three are done',
      async () => (await logOf(house, id)).filter((it) => it.step.endsWith('.probe')).length === 3,
    );
    await worker.stop('SIGKILL');
    house.proxies[slow].stall(0);
    house.proxies[slow].renew();
    await house.startWorker();
    expect(await operationEnds(house, id, 20_000)).toMatchObject({ status: 'active' });
    const rows = (await logOf(house, id)).filter((it) => it.step === `${slow}.create`);
    expect(rows).toMatchObject([
      { status: 'error', attempt: 1, message: expect.stringMatching(/^lost: /) },
      { status: 'success', attempt: 2 },
    ]);
    await deleteTenant(house, id);
    expect(await lookFromOutside(house.info, name)).toEqual(NOTHING);
  },
);
