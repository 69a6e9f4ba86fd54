import { randomBytes, randomUUID } from 'node:crypto';
import type { DeliveryInput } from '@freeflow/contract';
import { readSecretKeys, sealFor, sealingKeyOf, type SecretKeys } from '@freeflow/lib/secrets';
import { sealWebhookParts, type SealedPart } from '@freeflow/lib/webhooks';
import { Webhook as Verifier } from 'standardwebhooks';
import type { Received } from '../../test/support/receiver';
import { until } from '../../test/support/until';
import { openWebhookBench, type WebhookBench } from '../../test/support/webhook-bench';
import { insertQuietTenant, insertWebhook, passTime, tellOf } from '../../test/support/webhooks';
import { expireRecords } from '../expire-records';
import { WebhookDispatcher } from './dispatcher';
import { findBusyWebhooks, takeOverdue } from './hand-out';

let bench: WebhookBench;
let harness: WebhookBench['harness'];
let owner: WebhookBench['owner'];
let receiver: WebhookBench['receiver'];
beforeAll(async () => {
  bench = await openWebhookBench('5000,300000');
  ({ harness, owner, receiver } = bench);
});
afterEach(() => bench.clear());
afterAll(() => bench.close());

const webhook = () => bench.webhook();
const tenant = () => insertQuietTenant(owner);
const attempt = (delivery: DeliveryInput) => bench.attempt(delivery);
const begin = (id: string) => bench.begin(id);
/** Hands out and sends until nothing is left to begin; gives the outcomes. */
async function sendAll(id: string): Promise<string[]> {
  const outcomes: string[] = [];
  for (let begun = await begin(id); begun.length > 0; begun = await begin(id))
    for (const delivery of begun) outcomes.push((await attempt(delivery)).outcome);
  return outcomes;
}
const statesOf = async (id: string) =>
  (
    await owner.query<{ state: string }>(
      'SELECT state FROM "WebhookDelivery" WHERE "webhookId" = $1 ORDER BY "eventId"',
      [id],
    )
  ).rows.map(({ state }) => state);
const eventIds = () => receiver.taken().map(({ event }) => event.id);

test('of each tenant one event is under way at a time, the first; another tenant waits for none of it', async () => {
  const [one, other] = [await tenant(), await tenant()];
  const id = await webhook();
  const [first, second] = await tellOf(owner, one, 2);
  const [third] = await tellOf(owner, other, 1);
  const begun = await begin(id);
  expect(begun).toHaveLength(2);
  expect(await begin(id)).toEqual([]);
  for (const delivery of begun) await attempt(delivery);
  expect(eventIds()).toEqual(expect.arrayContaining([first, third]));
  expect(await sendAll(id)).toEqual(['delivered']);
  expect(eventIds().at(-1)).toBe(second);
});

test("what a tenant's first event waits for its others wait for, too; when it is given up they go on, in order", async () => {
  const [poisoned, other] = [await tenant(), await tenant()];
  const id = await webhook();
  const [first, ...rest] = await tellOf(owner, poisoned, 4);
  const others = await tellOf(owner, other, 3);
  receiver.answer(({ event }) => (event.id === first ? 500 : 204));
  const begun = await begin(id);
  for (const delivery of begun) await attempt(delivery);
  expect(await sendAll(id)).toEqual(['delivered', 'delivered']);
  expect(eventIds()).toEqual(others);
  await passTime(owner, id, 6);
  expect(await sendAll(id)).toEqual(['retry']);
  others.push(...(await tellOf(owner, other, 1)));
  expect(await sendAll(id)).toEqual(['delivered']);
  await passTime(owner, id, 360);
  expect(await sendAll(id)).toEqual(['failed', 'delivered', 'delivered', 'delivered']);
  expect(eventIds()).toEqual([...others, ...rest]);
});

test('a transaction that is not committed is passed over by nobody: its event comes when it is there', async () => {
  const one = await tenant();
  const id = await webhook();
  const session = await owner.connect();
  await session.query('BEGIN');
  await session.query(`UPDATE "Tenant" SET "displayName" = 'x' WHERE id = $1`, [one.id]);
  const others = await tellOf(owner, await tenant(), 2);
  expect(await sendAll(id)).toHaveLength(3);
  await session.query('COMMIT');
  session.release();
  expect(await sendAll(id)).toEqual(['delivered']);
  expect(eventIds().slice(-3, -1)).toEqual(others);
});

test('handed out by many at once, every event has one delivery, and each is begun once', async () => {
  const tenants = await Promise.all(Array.from({ length: 5 }, tenant));
  const id = await webhook();
  const telling = Promise.all(tenants.map((it) => tellOf(owner, it, 20)));
  const begun: DeliveryInput[] = [];
  const hand = async () => {
    for (let at = 0; at < 10; at++) begun.push(...(await begin(id)));
  };
  await Promise.all([hand(), hand(), hand(), telling]);
  for (const delivery of begun) await attempt(delivery);
  await sendAll(id);
  const all = (await telling).flat();
  expect(eventIds().toSorted()).toEqual(all.toSorted());
  expect(new Set(begun.map(({ deliveryId }) => deliveryId)).size).toBe(begun.length);
});

test('only the events that were asked for become deliveries, and the others are not looked at again', async () => {
  const id = await insertWebhook(owner, receiver.url, { keys: bench.keys, eventTypes: ['tenant.created'] });
  const made = await tenant();
  await tellOf(owner, made, 2);
  expect(await sendAll(id)).toEqual(['delivered']);
  expect(receiver.taken().map(({ event }) => [event.type, event.subject])).toEqual([
    ['com.freeflow.tenant.created', made.name],
  ]);
  expect(await findBusyWebhooks(harness.db)).toEqual([]);
});

test('what was taken up and has no run is started again by a sweep, and a run of an earlier round does nothing', async () => {
  const id = await webhook();
  await tellOf(owner, await tenant(), 1);
  const [lost] = await begin(id);
  expect(await takeOverdue(harness.db)).toEqual([]);
  await owner.query(`UPDATE "WebhookDelivery" SET "checkAt" = now() - interval '1 second' WHERE state = 'sending'`);
  expect(await takeOverdue(harness.db)).toEqual([lost]);
  expect(await takeOverdue(harness.db)).toEqual([]);
  expect(await attempt(lost as DeliveryInput)).toEqual({ outcome: 'delivered' });
  expect(await attempt(lost as DeliveryInput)).toEqual({ outcome: 'superseded' });
  expect(receiver.received).toHaveLength(1);
});

test('a receiver that takes nothing at all is disabled after the last attempt, and gets everything when it is enabled again', async () => {
  const one = await tenant();
  const id = await webhook();
  const told = await tellOf(owner, one, 3);
  receiver.answer(() => 503);
  expect(await sendAll(id)).toEqual(['retry']);
  await passTime(owner, id, 6);
  expect(await sendAll(id)).toEqual(['retry']);
  await passTime(owner, id, 360);
  expect(await sendAll(id)).toEqual(['disabled']);
  const { rows } = await owner.query<{ data: object }>(
    `SELECT data FROM "Event" WHERE type = 'webhook.disabled' AND data ->> 'webhookId' = $1`,
    [id],
  );
  expect(rows).toEqual([{ data: { webhookId: id, url: receiver.url, reason: 'failing', by: null } }]);
  expect(await statesOf(id)).toEqual(['waiting', 'waiting', 'waiting']);
  receiver.answer(() => 204);
  await owner.query(
    `UPDATE "Webhook" SET state = 'enabled', "disabledAt" = NULL, "disabledReason" = NULL, "failingSince" = NULL WHERE id = $1`,
    [id],
  );
  await sendAll(id);
  expect(eventIds().filter((it) => told.includes(it))).toEqual(told);
  // And that it was disabled, and enabled.
  expect(eventIds()).toHaveLength(5);
});

test('what happens to an upgrade of the fleet is sent, in order, as of no tenant', async () => {
  const id = await webhook();
  const { rows } = await owner.query<{ id: string }>(
    `INSERT INTO "FleetUpgrade" (version, canary, concurrency, "pauseOnFailures", "requestedBy") VALUES (7, 1, 1, 1, 'an admin') RETURNING id`,
  );
  const upgradeId = rows[0]?.id;
  await owner.query(`UPDATE "FleetUpgrade" SET state = 'done', "endedAt" = now()`);
  receiver.answer(() => 204);
  await sendAll(id);
  expect(receiver.received.slice(-2).map(({ body }) => JSON.parse(body) as object)).toMatchObject(
    ['started', 'ended'].map((it) => ({
      type: `com.freeflow.fleet.upgrade-${it}`,
      source: `/fleet/upgrades/${upgradeId}`,
      subject: 'fleet',
      data: { tenantId: null, tenantName: null, upgradeId, version: 7 },
    })),
  );
});

test('while a secret is replaced both sign, at the URL of that moment; then the new one alone', async () => {
  const id = await webhook();
  const add = (part: SealedPart, value: string, overlapS = 0) => {
    const key = sealingKeyOf(bench.keys.current);
    return owner.query(
      `INSERT INTO "WebhookReplacement" ("webhookId", part, "keyId", sealed, "overlapS") VALUES ($1, $2, $3, $4, $5)`,
      [id, part, key.id, sealWebhookParts(key, id, { [part]: value }), overlapS],
    );
  };
  const [older, newer] = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];
  const signersOf = async () => {
    await tellOf(owner, await tenant());
    await sendAll(id);
    const { body, headers, path: at } = receiver.received.at(-1) as Received;
    const isBy = (secret: string) => {
      try {
        return new Verifier(secret).verify(body, headers as Record<string, string>) !== undefined;
      } catch {
        return false;
      }
    };
    return [at, isBy(older), isBy(newer)];
  };
  expect(await signersOf()).toEqual(['/', true, false]);
  await add('secret', newer, 60);
  await add('target', '/elsewhere?a');
  expect(await signersOf()).toEqual(['/elsewhere?a', true, true]);
  await owner.query(`UPDATE "WebhookSecret" SET "retiresAt" = now()`);
  expect(await signersOf()).toEqual(['/elsewhere?a', false, true]);
});

test('a worker without the key sends nothing, uses up no attempt and says nothing of the receiver; with it the event arrives', async () => {
  const one = await tenant();
  const id = await webhook();
  const told = await tellOf(owner, one, 1);
  const foreign = readSecretKeys(randomBytes(32).toString('base64'));
  const secretOf = async () =>
    (await owner.query<{ keyId: string; sealed: Buffer }>('SELECT * FROM "WebhookSecret" WHERE id = $1', [id])).rows[0];
  const setSecret = (row: { keyId: string; sealed: Uint8Array } | undefined) =>
    owner.query('UPDATE "WebhookSecret" SET "keyId" = $2, sealed = $3 WHERE id = $1', [id, row?.keyId, row?.sealed]);
  const own = await secretOf();
  const sealedBy = (by: SecretKeys, text: string) => {
    const key = sealingKeyOf(by.current);
    return { keyId: key.id, sealed: sealFor(key, text, `webhook/${id}`) };
  };
  const beginNow = async () => {
    await owner.query(
      `UPDATE "WebhookDelivery" SET "nextAttemptAt" = now() WHERE "webhookId" = $1 AND state = 'retrying'`,
      [id],
    );
    const [begun] = await begin(id);
    return begun as DeliveryInput;
  };
  for (const [row, code] of [
    [sealedBy(foreign, '{}'), 'secret-key-unknown'],
    [sealedBy(bench.keys, 'not what the API seals'), 'secret-unreadable'],
    [sealedBy(foreign, '{}'), 'secret-key-unknown'],
    [sealedBy(foreign, '{}'), 'secret-key-unknown'],
  ] as const) {
    await setSecret(row);
    const delivery = await beginNow();
    expect(await attempt(delivery)).toEqual({ outcome: 'retry' });
    const { rows } = await owner.query(
      `SELECT d.state, d.attempt, d."firstFailedAt", w."failingSince", d.attempts -> -1 ->> 'cause' AS cause
         FROM "WebhookDelivery" d JOIN "Webhook" w ON w.id = d."webhookId" WHERE d.id = $1`,
      [delivery.deliveryId],
    );
    expect(rows).toEqual([
      {
        state: 'retrying',
        attempt: 0,
        firstFailedAt: null,
        failingSince: null,
        cause: expect.stringContaining(code),
      },
    ]);
  }
  expect(receiver.received).toEqual([]);
  await setSecret(own);
  expect(await attempt(await beginNow())).toEqual({ outcome: 'delivered' });
  expect(eventIds()).toEqual(told);
});

test('an event of the fleet that a worker of the release before hands out has the lane of its upgrade', async () => {
  const id = await webhook();
  const upgrade = randomUUID();
  const { rows: events } = await owner.query<{ id: string }>(
    `INSERT INTO "Event" (type, data) SELECT 'fleet.upgrade-' || it, jsonb_build_object('upgradeId', $1::text)
       FROM unnest('{started,ended}'::text[]) it RETURNING id`,
    [upgrade],
  );
  // Its statement, which knows nothing of upgrades: the lane is NULL, and the first of the page is a head.
  await owner.query(
    `INSERT INTO "WebhookDelivery" ("webhookId", "eventId", "type", "eventAt", "lane", "isHead")
     SELECT $1, id, type, at, NULL, row_number() OVER (ORDER BY id) = 1 FROM "Event" WHERE id = ANY($2) ORDER BY id`,
    [id, events.map((it) => it.id)],
  );
  const { rows } = await owner.query(
    'SELECT lane, "isHead" FROM "WebhookDelivery" WHERE "webhookId" = $1 ORDER BY "eventId"',
    [id],
  );
  expect(rows).toEqual([
    { lane: upgrade, isHead: true },
    { lane: upgrade, isHead: false },
  ]);
});

test('a receiver that says it is gone is disabled at once', async () => {
  const id = await webhook();
  await tellOf(owner, await tenant(), 1);
  receiver.answer(() => 410);
  const [first] = await begin(id);
  expect(await attempt(first as DeliveryInput)).toEqual({ outcome: 'disabled' });
  const { rows } = await owner.query('SELECT state, "disabledReason" FROM "Webhook" WHERE id = $1', [id]);
  expect(rows).toEqual([{ state: 'disabled', disabledReason: 'gone' }]);
});

test('no event goes that an enabled webhook has not got, for as long again as it is kept; then it goes all the same, and its delivery says so', async () => {
  const id = await webhook();
  const insert = async (days: number) =>
    (
      await owner.query<{ id: string }>(
        `INSERT INTO "Event" (type, "tenantId", "tenantName", data, "at")
         VALUES ('tenant.gone', gen_random_uuid(), 'acme', '{}', now() - make_interval(days => $1)) RETURNING id`,
        [days],
      )
    ).rows[0]?.id ?? '';
  const [old, older] = [await insert(15), await insert(21)];
  // What was the newest until a day ago would stay.
  const [_since, newest] = [await insert(2), await insert(0)];
  const begun = await begin(id);
  const kept = async () =>
    (
      await owner.query<{ id: string }>('SELECT id FROM "Event" WHERE id = ANY($1) ORDER BY id', [[old, older, newest]])
    ).rows.map((it) => it.id);
  await expireRecords(harness.db, 'events', 10);
  expect(await kept()).toEqual([old, newest]);
  const skipped = async () =>
    (await owner.query('SELECT "skippedEvents" AS count FROM "Webhook" WHERE id = $1', [id])).rows;
  expect(await skipped()).toEqual([{ count: 0 }]);
  const outcomes: string[] = [];
  for (const delivery of begun) outcomes.push((await attempt(delivery)).outcome);
  expect(outcomes.toSorted()).toEqual(['delivered', 'delivered', 'delivered', 'failed']);
  expect(await skipped()).toEqual([{ count: 1 }]);
  await expireRecords(harness.db, 'events', 10);
  expect(await kept()).toEqual([newest]);
});

test('deliveries that have ended are kept for their time', async () => {
  const id = await webhook();
  await tellOf(owner, await tenant(), 2);
  await sendAll(id);
  expect(await expireRecords(harness.db, 'webhook deliveries', 10)).toBe(0);
  await owner.query(`UPDATE "WebhookDelivery" SET "endedAt" = now() - interval '11 days' WHERE "webhookId" = $1`, [id]);
  expect(await expireRecords(harness.db, 'webhook deliveries', 10)).toBe(3);
});

test('a dispatcher looks for what is told and hands it out, once a sweep has found a webhook', async () => {
  const begun: DeliveryInput[] = [];
  const dispatcher = new WebhookDispatcher({
    db: harness.db,
    common: harness.db,
    keys: bench.keys,
    start: async (delivery) => {
      begun.push(delivery);
      await attempt(delivery);
      dispatcher.wake();
    },
    warn: () => undefined,
  });
  try {
    await dispatcher.sweep();
    const id = await webhook();
    await dispatcher.sweep();
    const { rows } = await owner.query('SELECT id FROM "SealingKey" WHERE id = $1', [bench.keys.current.id]);
    expect(rows).toHaveLength(1);
    const one = await tenant();
    const told = await tellOf(owner, one, 3);
    await untilTaken(told);
    expect(await statesOf(id)).toHaveLength(4);
  } finally {
    await dispatcher.close();
  }
});

const untilTaken = (told: readonly string[]) =>
  until('all have arrived', async () => told.every((it) => eventIds().includes(it)));
