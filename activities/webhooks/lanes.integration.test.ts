import type { DeliveryInput } from '@freeflow/contract';
import { disableWebhook, lockWebhook } from '@freeflow/db-master';
import { until } from '../../test/support/until';
import { openWebhookBench, type WebhookBench } from '../../test/support/webhook-bench';
import { insertQuietTenant, passTime, tellOf, type ToldTenant } from '../../test/support/webhooks';
import { WebhookDispatcher } from './dispatcher';
import { findBusyWebhooks } from './hand-out';

let bench: WebhookBench;
let harness: WebhookBench['harness'];
let owner: WebhookBench['owner'];
let receiver: WebhookBench['receiver'];
beforeAll(async () => {
  bench = await openWebhookBench('5000,300000,86400000');
  ({ harness, owner, receiver } = bench);
});
afterEach(() => bench.clear());
afterAll(() => bench.close());

const webhook = () => bench.webhook();
const tenantsOf = (count: number) => Promise.all(Array.from({ length: count }, () => insertQuietTenant(owner)));
const tellAll = (tenants: readonly ToldTenant[], count = 1) =>
  Promise.all(tenants.map((it) => tellOf(owner, it, count)));
const begin = (id: string) => bench.begin(id);
const attempt = (delivery: DeliveryInput) => bench.attempt(delivery);
/** How often each outcome came of them. */
async function send(begun: readonly DeliveryInput[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { outcome } of await Promise.all(begun.map(attempt))) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
async function sendAll(id: string): Promise<void> {
  for (let begun = await begin(id); begun.length > 0; begun = await begin(id)) await send(begun);
}
const countsOf = async (id: string) =>
  (
    await owner.query<{ state: string; retries: boolean; count: number }>(
      `SELECT state, attempt > 0 AS retries, count(*)::int FROM "WebhookDelivery" WHERE "webhookId" = $1 GROUP BY 1, 2 ORDER BY 1, 2`,
      [id],
    )
  ).rows.map(({ state, retries, count }) => `${count} ${state}${retries ? ' again' : ''}`);
const takenOf = ({ id }: ToldTenant) =>
  receiver.taken().flatMap(({ event }) => (event.data.tenantId === id ? [event.id] : []));

test('a receiver that fails is tried with one of each kind at a time; when it is back, all that has failed goes at once, in order', async () => {
  const tenants = await tenantsOf(30);
  const id = await webhook();
  const told = await tellAll(tenants, 2);
  receiver.answer(() => 503);
  const first = await begin(id);
  expect(first).toHaveLength(20);
  expect(await begin(id)).toEqual([]);
  expect(await send(first)).toEqual({ retry: 20 });
  // Down: one that shows when it is back, and a minute long none more.
  expect(await send(await begin(id))).toEqual({ retry: 1 });
  expect(await begin(id)).toEqual([]);
  await passTime(owner, id, 10);
  const again = await begin(id);
  expect(again).toHaveLength(1);
  expect(await begin(id)).toEqual([]);
  expect(await send(again)).toEqual({ retry: 1 });
  await passTime(owner, id, 600);
  expect(await send(await begin(id))).toEqual({ retry: 2 });
  receiver.answer(() => 204);
  await passTime(owner, id, 61);
  expect(await send(await begin(id))).toEqual({ delivered: 2 });
  expect(await countsOf(id)).toContainEqual('21 retrying again');
  await sendAll(id);
  expect((await countsOf(id)).filter((it) => !it.includes('delivered'))).toEqual([]);
  for (const [at, tenant] of tenants.entries()) expect(takenOf(tenant)).toEqual(told[at]);
});

test('a receiver that is down, and to which nothing is due for long, is tried all the same', async () => {
  const tenants = await tenantsOf(21);
  const id = await webhook();
  await tellAll(tenants);
  receiver.answer(() => 503);
  for (let at = 0; at < 2; at++) await send(await begin(id));
  await owner.query(
    `UPDATE "WebhookDelivery" SET "nextAttemptAt" = now() + interval '1 day' WHERE "webhookId" = $1 AND state = 'retrying'`,
    [id],
  );
  expect(await begin(id)).toEqual([]);
  await passTime(owner, id, 600);
  const [probe, ...others] = await begin(id);
  expect(others).toEqual([]);
  receiver.answer(() => 204);
  expect(await send([probe as DeliveryInput])).toEqual({ delivered: 1 });
  await sendAll(id);
  expect((await countsOf(id)).filter((it) => !it.includes('delivered'))).toEqual([]);
});

test('tenants whose events are not taken, however many, hold up no other one; their retries leave room for first attempts', async () => {
  const [poisoned, others] = [await tenantsOf(250), await tenantsOf(15)];
  const id = await webhook();
  await tellAll(poisoned);
  await begin(id);
  await owner.query(
    `UPDATE "WebhookDelivery" SET state = 'retrying', "isHead" = true, attempt = 1, "firstFailedAt" = now(), "lastFailedAt" = now(),
            "nextAttemptAt" = now() + interval '1 hour', "checkAt" = NULL WHERE "webhookId" = $1`,
    [id],
  );
  await tellAll(others);
  const begun = await begin(id);
  expect(begun).toHaveLength(15);
  expect(await send(begun)).toEqual({ delivered: 15 });
  await passTime(owner, id, 3_601);
  await tellAll(others);
  await begin(id);
  expect(await countsOf(id)).toEqual(expect.arrayContaining(['10 sending', '10 sending again']));
});

test('while a retry is under way it is being sent: nothing of its lane is begun, whether its webhook is disabled and enabled again or not', async () => {
  const [tenant] = await tenantsOf(1);
  const id = await webhook();
  const [told] = await tellAll([tenant as ToldTenant], 2);
  receiver.answer(() => 503);
  expect(await send(await begin(id))).toEqual({ retry: 1 });
  await passTime(owner, id, 6);
  const begun = await begin(id);
  expect(await countsOf(id)).toEqual(['1 sending again', '1 waiting']);
  await disable(id);
  await enable(id);
  expect((await begin(id)).filter(isOf(begun))).toEqual([]);
  expect(await countsOf(id)).toContainEqual('1 sending again');
  receiver.answer(() => 204);
  expect(await send(begun)).toEqual({ delivered: 1 });
  await sendAll(id);
  expect(takenOf(tenant as ToldTenant)).toEqual(told);
});

test('what was taken up when its webhook is disabled is not sent, and waits', async () => {
  const id = await webhook();
  await tellAll(await tenantsOf(1));
  const begun = await begin(id);
  await disable(id);
  expect(await send(begun)).toEqual({ superseded: 1 });
  expect(receiver.received).toEqual([]);
  expect(await countsOf(id)).toEqual(['2 waiting']);
});

test('events that were kept no longer before they became deliveries are counted', async () => {
  const id = await webhook();
  await tellAll(await tenantsOf(1), 4);
  const session = await owner.connect();
  await session.query('BEGIN');
  await session.query(`SELECT set_config('freeflow.expires_events', 'on', true)`);
  await session.query('DELETE FROM "Event" WHERE id < (SELECT max(id) FROM "Event")');
  await session.query('COMMIT');
  session.release();
  await sendAll(id);
  const { rows } = await owner.query('SELECT "skippedEvents" FROM "Webhook" WHERE id = $1', [id]);
  // With those that its tenant and itself were made by.
  expect(rows).toEqual([{ skippedEvents: 5 }]);
  await tellAll(await tenantsOf(1));
  await sendAll(id);
  expect((await owner.query('SELECT "skippedEvents" FROM "Webhook" WHERE id = $1', [id])).rows).toEqual(rows);
});

test('pings of a receiver that hangs go two at a time, and no event waits for them', async () => {
  const id = await webhook();
  await owner.query(
    `INSERT INTO "WebhookDelivery" (id, "webhookId", type, "eventAt", lane, "isHead")
     SELECT it, $1, 'webhook.ping', now(), it, true FROM (SELECT gen_random_uuid() AS it FROM generate_series(1, 30)) pings`,
    [id],
  );
  await tellAll(await tenantsOf(3));
  const begun = await begin(id);
  expect(begun).toHaveLength(2 + 3);
  expect(await begin(id)).toEqual([]);
  expect(await send(begun)).toEqual({ delivered: 5 });
  await disable(id);
  expect(await begin(id)).toHaveLength(2);
  expect(await begin(id)).toEqual([]);
});

test('a sweep does not wait for deliveries to be started', async () => {
  const id = await webhook();
  await tellAll(await tenantsOf(1));
  const lost = await begin(id);
  await owner.query(`UPDATE "WebhookDelivery" SET "checkAt" = now() - interval '1 second' WHERE state = 'sending'`);
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let tellStarted: (delivery: DeliveryInput) => void = () => undefined;
  const started = new Promise<DeliveryInput>((resolve) => {
    tellStarted = resolve;
  });
  const start = (delivery: DeliveryInput) => {
    tellStarted(delivery);
    return held;
  };
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const dispatcher = new WebhookDispatcher({ db: harness.db, common: harness.db, keys: bench.keys, start, warn });
  await dispatcher.sweep();
  expect(await started).toEqual(lost[0]);
  // It would have been warned of after its time.
  expect(warnings).toEqual([]);
  letGo();
  await dispatcher.close();
});

test('a webhook that can not be handed out keeps nothing from the others, and is named once', async () => {
  const webhooks = [await webhook(), await webhook(), await webhook()];
  const refused = (await findBusyOrder(webhooks)).slice(0, 2);
  await owner.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'out of range' USING ERRCODE = '22003'; END $$;
    CREATE TRIGGER refuse BEFORE UPDATE ON "Webhook" FOR EACH ROW WHEN (NEW.id IN ('${refused.join(`', '`)}')) EXECUTE FUNCTION refuse()`);
  const warned: (string | undefined)[] = [];
  const dispatcher = new WebhookDispatcher({
    db: harness.db,
    common: harness.db,
    keys: bench.keys,
    start: async (delivery) => void (await attempt(delivery)),
    warn: (_message, { webhookId }) => void warned.push(webhookId),
  });
  try {
    await tellAll(await tenantsOf(1));
    await dispatcher.sweep();
    await until('the last one has got both', async () => receiver.taken().length === 2);
    await dispatcher.sweep();
    await tellAll(await tenantsOf(1));
    await until('and all that comes', async () => receiver.taken().length === 4);
    expect(warned).toHaveLength(refused.length);
    expect(new Set(warned)).toEqual(new Set(refused));
    await owner.query('DROP FUNCTION refuse CASCADE');
    await until('all have got all', async () => receiver.taken().length === 12);
  } finally {
    await owner.query('DROP FUNCTION IF EXISTS refuse CASCADE');
    await dispatcher.close();
  }
});

/** In the order in which they are looked at. */
async function findBusyOrder(ids: readonly string[]): Promise<string[]> {
  await tellAll(await tenantsOf(1));
  const found = await findBusyWebhooks(harness.db);
  for (const id of ids) await sendAll(id);
  receiver.taken().length = 0;
  return found;
}

const isOf =
  (begun: readonly DeliveryInput[]) =>
  ({ deliveryId }: DeliveryInput): boolean =>
    begun.some((it) => it.deliveryId === deliveryId);
const disable = (id: string) =>
  harness.db.$transaction(async (tx) => {
    await lockWebhook(tx, id);
    await disableWebhook(tx, id, 'person', 'test');
  });
const enable = (id: string) =>
  owner.query(
    `UPDATE "Webhook" SET state = 'enabled', "disabledAt" = NULL, "disabledReason" = NULL, "disabledBy" = NULL, "failingSince" = NULL WHERE id = $1`,
    [id],
  );
