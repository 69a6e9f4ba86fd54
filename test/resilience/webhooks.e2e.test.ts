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
let worker: Awaited<ReturnType<TestInstallation['startWorker']>>;
beforeAll(async () => {
  receiver = await openReceiver();
  installation = await openTestInstallation({ worker: false, api: LOCAL_NETWORKS });
});
afterAll(async () => {
  await installation.close();
  await receiver.close();
});

test('workers and APIs killed while deliveries are under way: every event arrives, those of each tenant in their order', async () => {
  worker = await installation.startWorker(LOCAL_NETWORKS);
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

test('what was sent is recorded once that can be done again, by another worker after the first one was killed, and not sent again', async () => {
  const { master } = installation;
  // Of what is being sent nothing is recorded; each time it is counted, whatever becomes of the transaction.
  await master.query(`
    CREATE SEQUENCE refusals; GRANT USAGE ON SEQUENCE refusals TO PUBLIC;
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      RAISE EXCEPTION 'refused for the %th time', nextval('refusals') USING ERRCODE = '53100';
    END $$;
    CREATE TRIGGER refuse BEFORE UPDATE ON "WebhookDelivery" FOR EACH ROW WHEN (OLD.state = 'sending') EXECUTE FUNCTION refuse()`);
  const untilRefused = (times: number) =>
    until(`it was refused ${times} times`, async () => {
      const { rows } = await master.query<{ times: string }>('SELECT last_value AS times FROM refusals');
      return Number(rows[0]?.times) >= times;
    });
  receiver.received.length = 0;
  const told = await tellOf(master, await insertQuietTenant(master), 1);
  // A try of the activity records four times: the third one is under way.
  await untilRefused(9);
  await worker.stop('SIGKILL');
  worker = await installation.startWorker(LOCAL_NETWORKS);
  await untilRefused(14);
  await master.query('DROP FUNCTION refuse CASCADE');
  await until('all have arrived', async () =>
    told.every((id) => receiver.taken().some(({ event }) => event.id === id)),
  );
  const ids = receiver.received.map(({ event }) => event.id);
  expect(ids).toEqual([...new Set(ids)]);
});
