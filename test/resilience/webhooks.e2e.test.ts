import { createdWebhookSchema } from '@freeflow/contract/http';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { openReceiver, type Receiver } from '../support/receiver';
import { IS_LONG } from '../support/sample';
import { until } from '../support/until';
import { insertQuietTenant, tellOf, LOCAL_NETWORKS } from '../support/webhooks';

const TENANTS = 6;
const EVENTS = IS_LONG ? 200 : 30;
/** Each time so many more have arrived, a process is killed. */
const DEATHS = IS_LONG ? 10 : 2;

let installation: TestInstallation;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await openReceiver();
  installation = await openTestInstallation({ worker: false, api: LOCAL_NETWORKS });
});
afterAll(async () => {
  await installation.close();
  await receiver.close();
});

test('workers and APIs killed while deliveries are under way: every event arrives, those of each tenant in their order', async () => {
  let worker = await installation.startWorker(LOCAL_NETWORKS);
  await until(
    'it has published its key',
    async () => (await installation.master.query('SELECT FROM "SealingKey"')).rows.length > 0,
  );
  const tenants = await Promise.all(Array.from({ length: TENANTS }, () => insertQuietTenant(installation.master)));
  const created = await installation.request('POST', '/webhooks', { url: receiver.url });
  createdWebhookSchema.parse(created.body);
  const telling = Promise.all(tenants.map((it) => tellOf(installation.master, it, EVENTS)));
  const step = Math.floor((TENANTS * EVENTS) / (DEATHS + 1));
  for (let death = 1; death <= DEATHS; death++) {
    await until(`${death * step} have arrived`, async () => receiver.taken().length >= death * step);
    await Promise.all([worker.stop('SIGKILL'), ...(death === 1 ? [installation.api().stop('SIGKILL')] : [])]);
    [worker] = await Promise.all([
      installation.startWorker(LOCAL_NETWORKS),
      ...(death === 1 ? [installation.startApi()] : []),
    ]);
  }
  const told = await telling;
  const all = told.flat();
  await until('all have arrived', async () => {
    const ids = new Set(receiver.taken().map(({ event }) => event.id));
    return all.every((it) => ids.has(it));
  });
  for (const [at, { id }] of tenants.entries()) {
    const arrived = receiver.taken().flatMap(({ event }) => (event.data.tenantId === id ? [event.id] : []));
    // What was sent when its worker died is sent again, before anything that comes after it.
    expect(arrived.filter((it, place) => it !== arrived[place - 1])).toEqual(told[at]);
  }
  await until('nothing is left open', async () => {
    const { rows } = await installation.master.query(`SELECT FROM "WebhookDelivery" WHERE state <> 'delivered'`);
    return rows.length === 0;
  });
});
