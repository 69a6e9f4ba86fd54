import { SEALING_CLASS } from '@freeflow/lib/pg';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { scrape } from '../support/metrics';
import { openReceiver, type Receiver } from '../support/receiver';
import { until } from '../support/until';
import { insertQuietTenant, tellOf, LOCAL_NETWORKS } from '../support/webhooks';

const LAST_SWEEP = 'freeflow_sweep_last_success_timestamp_seconds';

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

const lastSweep = async () => (await scrape(installation.workerUrl)).series[LAST_SWEEP] ?? 0;
const untilNextSweep = async () => {
  const before = await lastSweep();
  await until('it has swept', async () => (await lastSweep()) > before);
};

test('a worker on a recovered copy of the master database, told so, sends nothing to anybody; once that is over everything goes', async () => {
  let worker = await installation.startWorker(LOCAL_NETWORKS);
  const created = await until('it has published its key', async () => {
    const { status, body } = await installation.request('POST', '/webhooks', { url: receiver.url });
    return status === 201 && body;
  });
  await until('it shows by which key it seals, though it has had nothing to seal', async () => {
    const { rows } = await installation.master.query(
      `SELECT FROM pg_locks WHERE classid::bigint = $1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      [SEALING_CLASS],
    );
    return rows.length === 1;
  });
  await worker.stop();
  await installation.master.query('UPDATE "SealingKey" SET "publishedAt" = \'2020-01-01\'');
  worker = await installation.startWorker({ ...LOCAL_NETWORKS, WEBHOOK_SENDING: 'off' });
  const lately = 'SELECT FROM "SealingKey" WHERE "publishedAt" > \'2021-01-01\'';
  await until('it has published its key all the same', async () => {
    const { rowCount } = await installation.master.query(lately);
    return rowCount === 1;
  });
  const told = await tellOf(installation.master, await insertQuietTenant(installation.master), 2);
  expect((await installation.request('POST', `/webhooks/${created.id ?? ''}/ping`)).status).toBe(202);
  await untilNextSweep();
  await untilNextSweep();
  expect(receiver.received).toEqual([]);
  const { rows } = await installation.master.query('SELECT state FROM "WebhookDelivery"');
  expect(rows).toEqual([{ state: 'waiting' }]);
  await worker.stop();
  await installation.startWorker(LOCAL_NETWORKS);
  await until('all have arrived', async () =>
    told.every((id) => receiver.taken().some(({ event }) => event.id === id)),
  );
});
