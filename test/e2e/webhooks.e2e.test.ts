import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deliveryWorkflowIdOf } from '@freeflow/contract';
import { createdWebhookSchema, deliveryPage, deliverySchema, type DeliveryBody } from '@freeflow/contract/http';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { Webhook as Verifier } from 'standardwebhooks';
import { projectRoot } from '../../stack/project';
import { openEvents } from '../support/event-reader';
import { findSecrets } from '../support/find-secret';
import { newToken, openTestInstallation, type Running, type TestInstallation } from '../support/installation';
import { scrape } from '../support/metrics';
import { openReceiver, type Received, type Receiver } from '../support/receiver';
import { replayNow } from '../support/replay';
import { historyText } from '../support/temporal';
import { until } from '../support/until';
import { insertQuietTenant, tellOf, LOCAL_NETWORKS } from '../support/webhooks';

/** Some attempts at once, then none while a test goes on. */
const PATIENT = { ...LOCAL_NETWORKS, WEBHOOK_RETRY_PAUSES_MS: '50,50,50,50,3600000', WEBHOOK_TIMEOUT_MS: '2000' };

let installation: TestInstallation;
let worker: Running;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await openReceiver();
  installation = await openTestInstallation({ worker: false, api: LOCAL_NETWORKS });
  worker = await installation.startWorker(PATIENT);
  await untilKeyIsPublished();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.taken().length = 0;
  receiver.answer(() => 204);
});
afterEach(() => installation.master.query('DELETE FROM "Webhook"'));
afterAll(async () => {
  await installation.close();
  await receiver.close();
});

const untilKeyIsPublished = () =>
  until(
    'a worker has published its key',
    async () => (await installation.master.query('SELECT FROM "SealingKey"')).rows.length > 0,
  );
const request = (method: string, route: string, body?: unknown) => installation.request(method, route, body);
const tenant = () => insertQuietTenant(installation.master);
const tell = (of: { id: string; name: string }, count?: number) => tellOf(installation.master, of, count);

async function createWebhook(options: object = {}, at = receiver.url) {
  const { secret, ...webhook } = createdWebhookSchema.parse(
    (await request('POST', '/webhooks', { url: at, ...options })).body,
  );
  return { ...webhook, secret: secret ?? '' };
}
const deliveriesOf = async (id: string, query = ''): Promise<DeliveryBody[]> =>
  deliveryPage.parse((await request('GET', `/webhooks/${id}/deliveries?limit=200${query}`)).body).items;
const taken = () => receiver.taken().map(({ event }) => event.id);
const untilTaken = (ids: readonly string[]) =>
  until('all have arrived', async () => ids.every((it) => taken().includes(it)));
const untilEnded = (webhookId: string, id: string) =>
  until('it has ended', async () => (await deliveriesOf(webhookId)).find((it) => it.id === id && it.endedAt !== null));
async function ping(webhookId: string): Promise<DeliveryBody> {
  const { id } = deliverySchema.parse((await request('POST', `/webhooks/${webhookId}/ping`)).body);
  return untilEnded(webhookId, id);
}
const verify = (secret: string, { body, headers }: Received) =>
  new Verifier(secret).verify(body, headers as Record<string, string>);

test('an event is delivered as a stream tells it, signed so that the library of the standard verifies it', async () => {
  const stream = await openEvents(`${installation.apiUrl}/events`, { token: await newToken(installation.info) });
  const webhook = await createWebhook();
  const told = await tell(await tenant());
  await untilTaken(told);
  const [one] = receiver.taken().filter(({ event }) => event.id === told[0]);
  const [event] = await stream.seen('tenant.updated');
  stream.close();
  expect(one?.event).toEqual(event);
  expect(one?.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
  expect(verify(webhook.secret, one as Received)).toEqual(event);
  expect(() => verify(webhook.secret, { ...(one as Received), body: '{}' })).toThrow(/signature/);
  const delivery = await until('it is noted', async () =>
    (await deliveriesOf(webhook.id)).find(({ eventId, state }) => eventId === told[0] && state === 'delivered'),
  );
  expect(delivery).toMatchObject({ id: one?.headers['webhook-id'], attempts: [{ status: 204, cause: null }] });
  const { series } = await scrape(installation.workerUrl);
  expect(series['freeflow_webhook_attempts_total{outcome="delivered"}']).toBeGreaterThan(0);
});

test('a secret that was given signs, and a ping shows at once whether it arrives', async () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const webhook = await createWebhook({ secret }, `${receiver.url}/a?token=hunter22`);
  expect(await ping(webhook.id)).toMatchObject({ state: 'delivered', type: 'webhook.ping', eventId: null });
  const [one] = receiver.taken();
  expect(one?.path).toBe('/a?token=hunter22');
  expect(verify(secret, one as Received)).toMatchObject({ type: 'com.freeflow.webhook.ping' });
});

test('a redirect is not followed, and what a receiver answers is told', async () => {
  const webhook = await createWebhook();
  receiver.answer(({ path: at }) => (at === '/' ? { status: 302, headers: { location: '/elsewhere' } } : 204));
  expect(await ping(webhook.id)).toMatchObject({
    state: 'failed',
    attempts: [{ status: 302, cause: expect.stringContaining('redirects are not followed') }],
  });
  expect(receiver.received.map((it) => it.path)).toEqual(['/']);
});

test('a receiver that is away for some attempts gets everything, in the order of each tenant', async () => {
  const tenants = [await tenant(), await tenant(), await tenant()];
  await createWebhook();
  const failures = new Map<string, number>();
  receiver.answer(({ event }) => {
    const count = (failures.get(event.id) ?? 0) + 1;
    failures.set(event.id, count);
    return count <= 3 ? ((['cut', 503, 'hang'] as const)[count - 1] ?? 500) : 204;
  });
  const told = await Promise.all(tenants.map((it) => tell(it, 3)));
  await untilTaken(told.flat());
  for (const [at, { id }] of tenants.entries())
    expect(receiver.taken().flatMap(({ event }) => (event.data.tenantId === id ? [event.id] : []))).toEqual(told[at]);
  expect([...failures.values()]).toEqual(Array(9).fill(4));
});

test("while one tenant's event is not taken another one's are; sent again, its own come in order", async () => {
  const [stuck, other] = [await tenant(), await tenant()];
  const webhook = await createWebhook();
  receiver.answer(({ event }) => (event.data.tenantId === stuck.id ? 500 : 204));
  const waiting = await tell(stuck, 3);
  const told = await tell(other, 3);
  await untilTaken(told);
  await until('it waits for its last attempt', async () =>
    (await deliveriesOf(webhook.id, '&state=retrying')).some(({ attempts }) => attempts.length === 5),
  );
  expect(receiver.received.filter(({ event }) => waiting.slice(1).includes(event.id))).toEqual([]);
  receiver.answer(() => 204);
  expect((await request('POST', `/webhooks/${webhook.id}/redeliver`)).body).toMatchObject({
    redelivered: 1,
    isComplete: true,
  });
  await untilTaken(waiting);
  expect(taken()).toEqual([...told, ...waiting]);
  const [first] = (await deliveriesOf(webhook.id)).filter(({ eventId }) => eventId === waiting[0]);
  await request('POST', `/webhooks/${webhook.id}/deliveries/${first?.id ?? ''}/redeliver`);
  await until(
    'it comes once more, by the same id',
    async () => receiver.taken().filter(({ headers }) => headers['webhook-id'] === first?.id).length === 2,
  );
});

test('each attempt at a delivery leaves a history of ids alone, which replays', async () => {
  const one = await tenant();
  const webhook = await createWebhook();
  let count = 0;
  receiver.answer(() => (count++ < 2 ? 503 : 204));
  const told = await tell(one);
  await untilTaken(told);
  const delivery = await until('it is noted', async () =>
    (await deliveriesOf(webhook.id, '&state=delivered')).find(({ eventId }) => eventId === told[0]),
  );
  const handles = [1, 2, 3].map((round) =>
    installation.operator.client.workflow.getHandle(
      deliveryWorkflowIdOf(installation.taskQueue, { deliveryId: delivery.id, round }),
    ),
  );
  expect(await Promise.all(handles.map((it) => it.result()))).toEqual(['retry', 'retry', 'delivered']);
  const histories = await Promise.all(handles.map((it) => it.fetchHistory()));
  for (const history of histories) expect(await replayNow({ history })).toEqual([]);
  const [history] = histories;
  if (process.env['RECORD_HISTORIES'] === '1' && history !== undefined)
    writeFileSync(
      path.join(projectRoot(), 'workflows', 'histories', 'delivery-attempt.json'),
      `${JSON.stringify(JSON.parse(historyToJSON(history)))}\n`,
    );
});

test('no secret of a webhook is in a table, a log, a history or an answer', async () => {
  const one = await tenant();
  const webhook = await createWebhook({}, `${receiver.url}/hunter22hunter22?token=hunter22hunter22`);
  receiver.answer(() => 500);
  const told = await tell(one);
  const delivery = await until('it is tried', async () =>
    (await deliveriesOf(webhook.id)).find(({ eventId, attempts }) => eventId === told[0] && attempts.length > 1),
  );
  const workflowId = deliveryWorkflowIdOf(installation.taskQueue, { deliveryId: delivery.id, round: 1 });
  const { rows: tables } = await installation.master.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  const places: Record<string, string> = {
    'its history': await historyText(installation.operator, workflowId),
    'GET /webhooks': (await request('GET', '/webhooks')).text,
    'its deliveries': (await request('GET', `/webhooks/${webhook.id}/deliveries`)).text,
    'GET /audit': (await request('GET', '/audit')).text,
  };
  for (const { name } of tables) {
    const { rows } = await installation.master.query(`SELECT * FROM "${name}"`);
    places[`table ${name}`] = JSON.stringify(rows, (_key, it: unknown) =>
      Buffer.isBuffer(it) ? it.toString('latin1') : it,
    );
  }
  for (const file of readdirSync(installation.logDir))
    places[`log ${file}`] = readFileSync(path.join(installation.logDir, file), 'utf8');
  expect(places['its history']).toContain(delivery.id);
  const secrets = { secret: webhook.secret.slice('whsec_'.length), 'path and query': 'hunter22hunter22' };
  expect(findSecrets(places, secrets)).toEqual([]);
});

test('a receiver that takes nothing is disabled after the last attempt, which is told; enabled again it gets all it has missed, in order', async () => {
  await worker.stop();
  worker = await installation.startWorker({ ...LOCAL_NETWORKS, WEBHOOK_RETRY_PAUSES_MS: '20,20' });
  const one = await tenant();
  const webhook = await createWebhook();
  receiver.answer(() => 503);
  const before = await tell(one, 2);
  const shown = async () => (await request('GET', `/webhooks/${webhook.id}`)).body;
  const disabled = await until('it is disabled', async () => {
    const body = await shown();
    return body['state'] === 'disabled' && body;
  });
  // With the event by which that is told.
  expect(disabled).toMatchObject({ disabledReason: 'failing', undelivered: 3 });
  const sent = receiver.received.length;
  const after = await tell(one, 2);
  receiver.answer(() => 204);
  // It is handed out with whatever else was to go by then.
  expect(await ping(webhook.id)).toMatchObject({ state: 'delivered' });
  expect(receiver.received.slice(sent).map(({ event }) => event.type)).toEqual(['com.freeflow.webhook.ping']);
  expect((await request('PATCH', `/webhooks/${webhook.id}`, { enabled: true })).body).toMatchObject({
    skippedEvents: 0,
  });
  await untilTaken([...before, ...after]);
  expect(receiver.taken().flatMap(({ event }) => (event.data.tenantId === one.id ? [event.id] : []))).toEqual([
    ...before,
    ...after,
  ]);
  await until('that it was disabled is told', async () =>
    receiver.taken().some(({ event }) => event.type === 'com.freeflow.webhook.disabled'),
  );
});
