import { randomUUID } from 'node:crypto';
import { EVENT_DATA } from '@freeflow/contract/http';
import { errorCode } from '@freeflow/lib/pg';
import { Pool } from 'pg';
import { expireWebhooks } from '../activities/webhooks/expire-webhooks';
import { openMaster, type Master } from '../test/support/master';
import { insertQuietTenant, insertWebhook, tellOf, type ToldTenant } from '../test/support/webhooks';
import { createMasterClient } from './client';
import type { PrismaClient } from './generated/client';

const URL = 'https://example.com';
const DENIED = '42501';

let master: Master;
let owner: Pool;
let api: Pool;
let worker: PrismaClient;
beforeAll(async () => {
  master = await openMaster();
  owner = new Pool({ connectionString: master.ownerUrl, max: 2 });
  api = new Pool({ connectionString: master.apiUrl, max: 1 });
  // Their sessions are ended with the database.
  for (const pool of [owner, api]) pool.on('error', () => undefined);
  worker = createMasterClient(master.workerUrl, { maxConnections: 1 });
});
afterEach(() => owner.query('DELETE FROM "Webhook"'));
afterAll(async () => {
  await Promise.all([owner.end(), api.end(), worker.$disconnect()]);
  await master.drop();
});

const outcome = (text: string) =>
  api.query(text).then(
    () => 'ok',
    (error: unknown) => errorCode(error),
  );

/** Deliveries of these events, in their order, of which the first is the head of its lane. */
async function insertWaiting(webhookId: string, { id, name }: ToldTenant, events: readonly string[]): Promise<void> {
  for (const [at, event] of events.entries())
    await owner.query(
      `INSERT INTO "WebhookDelivery" ("webhookId", "eventId", type, "eventAt", "tenantId", "tenantName", lane, "isHead")
       VALUES ($1, $2, 'tenant.updated', now(), $3, $4, $3, $5)`,
      [webhookId, event, id, name, at === 0],
    );
}

const deliveriesOf = async (webhookId: string) =>
  (
    await owner.query<{ eventId: string; isHead: boolean }>(
      'SELECT "eventId", "isHead" FROM "WebhookDelivery" WHERE "webhookId" = $1 ORDER BY "eventId"',
      [webhookId],
    )
  ).rows;

const DISABLE = `state = 'disabled', "disabledAt" = now(), "disabledReason" = 'person'`;
const PLACE = `"webhookId", type, "eventAt", lane, "isHead"`;
const MAKE = `INSERT INTO "Webhook" (id, url, "eventTypes", "createdBy", "cursor", "skippedEvents") VALUES`;

test('the login of the API makes nobody believe that something was delivered, or that there was nothing, and puts nothing off', async () => {
  const tenant = await insertQuietTenant(owner);
  const id = await insertWebhook(owner, URL);
  const events = await tellOf(owner, tenant, 2);
  await insertWaiting(id, tenant, events);
  const denied = [
    `UPDATE "WebhookDelivery" SET state = 'delivered', "endedAt" = now(), "isHead" = false`,
    `UPDATE "WebhookDelivery" SET state = 'failed', "endedAt" = now(), "isHead" = false`,
    `UPDATE "WebhookDelivery" SET state = 'delivered', "endedAt" = now(), "isHead" = false, "givenUpBy" = 'me'`,
    `UPDATE "WebhookDelivery" SET state = 'failed', "endedAt" = now(), "isHead" = false, "givenUpBy" = 'me', attempt = 9`,
    `UPDATE "WebhookDelivery" SET state = 'sending', "checkAt" = 'infinity'`,
    `UPDATE "WebhookDelivery" SET state = 'retrying', "nextAttemptAt" = 'infinity'`,
    `UPDATE "WebhookDelivery" SET "isHead" = false`,
    `UPDATE "WebhookDelivery" SET attempt = 99`,
    `UPDATE "WebhookDelivery" SET "firstFailedAt" = '2020-01-01'`,
    `INSERT INTO "WebhookDelivery" (${PLACE}, "eventId", state, "endedAt") VALUES ('${id}', 'tenant.gone', now(), '${id}', false, 0, 'delivered', now())`,
    `INSERT INTO "WebhookDelivery" (${PLACE}, "eventId") VALUES ('${id}', 'tenant.gone', now(), '${id}', false, 0)`,
    `UPDATE "Webhook" SET "cursor" = (SELECT max(id) FROM "Event")`,
    `UPDATE "Webhook" SET "cursor" = 999999999999`,
    `UPDATE "Webhook" SET "cursor" = 0`,
    `UPDATE "Webhook" SET "failingSince" = now()`,
    `DELETE FROM "Webhook"`,
    `DELETE FROM "WebhookDelivery"`,
  ];
  for (const text of denied) expect([text, await outcome(text)]).toEqual([text, DENIED]);
  expect(await deliveriesOf(id)).toHaveLength(2);
});

test('what it gives up it gives up in the name of a person, and that is told; not what is being sent', async () => {
  const tenant = await insertQuietTenant(owner);
  const id = await insertWebhook(owner, URL);
  const [event = ''] = await tellOf(owner, tenant);
  await insertWaiting(id, tenant, [event]);
  const giveUp = `UPDATE "WebhookDelivery" SET state = 'failed', "endedAt" = now(), "isHead" = false`;
  await owner.query(`UPDATE "WebhookDelivery" SET state = 'sending', "checkAt" = now()`);
  expect(await outcome(`${giveUp}, "checkAt" = NULL, "givenUpBy" = 'me'`)).toBe(DENIED);
  await owner.query(`UPDATE "WebhookDelivery" SET state = 'waiting', "checkAt" = NULL`);
  expect(await outcome(giveUp)).toBe(DENIED);
  expect(await outcome(`${giveUp}, "givenUpBy" = 'me'`)).toBe('ok');
  const { rows } = await owner.query<{ data: unknown }>(
    `SELECT data FROM "Event" WHERE type = 'webhook.delivery-given-up' ORDER BY id DESC LIMIT 1`,
  );
  expect(EVENT_DATA['webhook.delivery-given-up'].parse(rows[0]?.data)).toMatchObject({
    webhookId: id,
    url: URL,
    eventId: event,
    by: 'me',
  });
});

test('it may ping, begin anew what has ended, and enable a webhook after what is kept no longer', async () => {
  const tenant = await insertQuietTenant(owner);
  const id = await insertWebhook(owner, URL);
  const events = await tellOf(owner, tenant, 3);
  await insertWaiting(id, tenant, events.slice(0, 1));
  await owner.query(`UPDATE "WebhookDelivery" SET state = 'failed', "isHead" = false, "endedAt" = now(), attempt = 9`);
  await owner.query(`UPDATE "Webhook" SET ${DISABLE}`);
  await expireEvents(events[1] ?? '');
  const ping = randomUUID();
  for (const text of [
    `INSERT INTO "WebhookDelivery" (id, ${PLACE}) VALUES ('${ping}', '${id}', 'webhook.ping', now(), '${ping}', true)`,
    `UPDATE "WebhookDelivery" SET state = 'waiting', attempt = 0, "endedAt" = NULL WHERE "eventId" IS NOT NULL`,
    `UPDATE "WebhookDelivery" SET "isHead" = true WHERE "eventId" IS NOT NULL`,
    `UPDATE "Webhook" SET state = 'enabled', "disabledAt" = NULL, "disabledReason" = NULL, "skippedEvents" = 2, "cursor" = ${events[1] ?? ''}`,
    `${MAKE} (gen_random_uuid(), '${URL}', '{}', 'test', (SELECT max(id) FROM "Event"), 0)`,
  ])
    expect([text, await outcome(text)]).toEqual([text, 'ok']);
});

test('it makes no webhook that has missed what it has not, and no ping that others wait for or that can not be sent', async () => {
  const tenant = await insertQuietTenant(owner);
  const id = await insertWebhook(owner, URL);
  const newest = `(SELECT max(id) FROM "Event")`;
  const of = (place: string) => `gen_random_uuid(), '${URL}', '{}', 'test', ${place}`;
  const ping = randomUUID();
  const insertPing = (more: string, values: string) =>
    `INSERT INTO "WebhookDelivery" (id, ${PLACE}${more}) VALUES ('${ping}', '${id}', 'webhook.ping', now(), ${values})`;
  const denied = [
    `UPDATE "Webhook" SET "skippedEvents" = 2147483647`,
    `UPDATE "Webhook" SET "skippedEvents" = "skippedEvents" + 1`,
    `${MAKE} (${of(newest)}, 2147483647)`,
    `${MAKE} (${of(`${newest} + 1`)}, 0)`,
    `${MAKE} (${of('-1')}, 0)`,
    insertPing('', `'${tenant.id}', true`),
    insertPing(', round', `'${ping}', true, 2147483647`),
    insertPing(', attempts', `'${ping}', true, '{}'`),
  ];
  for (const text of denied) expect([text, await outcome(text)]).toEqual([text, DENIED]);
});

test('where there is no event at all, it moves no webhook past those that come', async () => {
  await insertWebhook(owner, URL);
  await expireEvents('(SELECT max(id) FROM "Event")');
  expect(await outcome(`UPDATE "Webhook" SET "cursor" = 999999999999`)).toBe(DENIED);
  expect(await outcome(`${MAKE} (gen_random_uuid(), '${URL}', '{}', 'test', 999999999999, 0)`)).toBe(DENIED);
  expect(await outcome(`${MAKE} (gen_random_uuid(), '${URL}', '{}', 'test', 0, 0)`)).toBe('ok');
});

test('a webhook begins at no place below all events, whoever makes it; what it misses beyond what can be counted fails nothing', async () => {
  const id = await insertWebhook(owner, URL);
  await expect(owner.query(`UPDATE "Webhook" SET "cursor" = -1`)).rejects.toMatchObject({ code: '23514' });
  await owner.query(`UPDATE "Webhook" SET ${DISABLE}, "skippedEvents" = 2147483647`);
  const tenant = await insertQuietTenant(owner);
  const events = await tellOf(owner, tenant, 2);
  await insertWaiting(id, tenant, events.slice(0, 1));
  await expireEvents(events[0] ?? '');
  while (await expireWebhooks(worker, 0, 1));
  const { rows } = await owner.query('SELECT "skippedEvents" FROM "Webhook" WHERE id = $1', [id]);
  expect(rows).toEqual([{ skippedEvents: 2147483647 }]);
});

test('a webhook that is removed by whatever statement is told, and does not come back', async () => {
  const id = await insertWebhook(owner, URL);
  expect(await outcome(`UPDATE "Webhook" SET "deletedAt" = now()`)).toBe('23514');
  expect(await outcome(`UPDATE "Webhook" SET ${DISABLE}, "deletedAt" = now()`)).toBe('ok');
  expect(await outcome(`UPDATE "Webhook" SET "deletedAt" = NULL`)).toBe('55000');
  const { rows } = await owner.query(`SELECT type FROM "Event" WHERE data ->> 'webhookId' = $1 ORDER BY id`, [id]);
  expect(rows).toEqual([{ type: 'webhook.created' }, { type: 'webhook.deleted' }]);
});

test('that a webhook is sent elsewhere, or signed by another secret, is told by whatever statement it is done', async () => {
  const id = await insertWebhook(owner, URL);
  const insert = (part: string, overlapS: number) =>
    `INSERT INTO "WebhookReplacement" ("webhookId", part, "keyId", sealed, "retiresAt", "overlapS")
     VALUES ('${id}', '${part}', 'k', '', now(), ${overlapS})`;
  for (const text of [`UPDATE "Webhook" SET url = 'https://example.org'`, insert('target', 0), insert('secret', 60)])
    expect([text, await outcome(text)]).toEqual([text, 'ok']);
  for (const table of ['WebhookSecret', 'WebhookReplacement'])
    expect(await outcome(`UPDATE "${table}" SET "retiresAt" = NULL`)).toBe(DENIED);
  const { rows } = await owner.query<{ type: keyof typeof EVENT_DATA; data: object }>(
    `SELECT type, data FROM "Event" WHERE data ->> 'webhookId' = $1 ORDER BY id`,
    [id],
  );
  expect(rows.map(({ type }) => type)).toEqual([
    'webhook.created',
    'webhook.updated',
    'webhook.updated',
    'webhook.secret-rotated',
  ]);
  for (const { type, data } of rows) expect(EVENT_DATA[type].parse(data)).toEqual(data);
});

test('what has replaced another one and signs no more goes with the next sweep, and all of it with its webhook', async () => {
  const id = await insertWebhook(owner, URL);
  for (let at = 0; at < 3; at++)
    await owner.query(
      `INSERT INTO "WebhookReplacement" ("webhookId", part, "keyId", sealed, "overlapS") VALUES ($1, 'secret', 'k', '', 60)`,
      [id],
    );
  const left = async () =>
    (await owner.query<{ isCurrent: boolean }>('SELECT "retiresAt" IS NULL AS "isCurrent" FROM "WebhookReplacement"'))
      .rows;
  await owner.query(`
    UPDATE "WebhookReplacement" SET "retiresAt" = now() - interval '1 second'
     WHERE id = (SELECT id FROM "WebhookReplacement" ORDER BY "createdAt" LIMIT 1)`);
  expect(await expireWebhooks(worker, 0)).toBe(false);
  expect(await left()).toHaveLength(2);
  await owner.query(
    `UPDATE "WebhookReplacement" SET "retiresAt" = now() - interval '1 second' WHERE "retiresAt" IS NOT NULL`,
  );
  expect(await expireWebhooks(worker, 0)).toBe(false);
  expect(await left()).toEqual([{ isCurrent: true }]);
  await owner.query(`UPDATE "Webhook" SET ${DISABLE}, "deletedAt" = now()`);
  await expireWebhooks(worker, 0);
  expect(await left()).toEqual([]);
});

test('of a webhook that was removed the secret goes at once, its deliveries bit by bit, however many they are', async () => {
  const tenant = await insertQuietTenant(owner);
  const [removed, other] = [await insertWebhook(owner, URL), await insertWebhook(owner, URL)];
  const events = await tellOf(owner, tenant, 5);
  for (const id of [removed, other]) await insertWaiting(id, tenant, events);
  await owner.query(`UPDATE "Webhook" SET ${DISABLE}, "deletedAt" = now() WHERE id = $1`, [removed]);
  const left: number[] = [];
  for (const hasMore of [true, true, false]) {
    expect(await expireWebhooks(worker, 0, 2)).toBe(hasMore);
    left.push((await deliveriesOf(removed)).length);
    const { rows } = await owner.query('SELECT id FROM "WebhookSecret"');
    expect(rows).toEqual([{ id: other }]);
  }
  expect(left).toEqual([3, 1, 0]);
  const { rows } = await owner.query('SELECT id FROM "Webhook"');
  expect(rows).toEqual([{ id: other }]);
  expect(await deliveriesOf(other)).toHaveLength(5);
});

test('what a disabled webhook waits with goes once its event has gone, and is counted; the next of its tenant takes its place', async () => {
  const tenant = await insertQuietTenant(owner);
  const [disabled, enabled] = [await insertWebhook(owner, URL), await insertWebhook(owner, URL)];
  const events = await tellOf(owner, tenant, 4);
  for (const id of [disabled, enabled]) await insertWaiting(id, tenant, events);
  await owner.query(`UPDATE "Webhook" SET ${DISABLE} WHERE id = $1`, [disabled]);
  await expireEvents(events[2] ?? '');
  expect(await expireWebhooks(worker, 0, 1)).toBe(true);
  expect(await deliveriesOf(disabled)).toEqual(events.slice(1).map((eventId, at) => ({ eventId, isHead: at === 0 })));
  while (await expireWebhooks(worker, 0, 1));
  expect(await deliveriesOf(disabled)).toEqual([{ eventId: events[3], isHead: true }]);
  expect(await deliveriesOf(enabled)).toHaveLength(4);
  const { rows } = await owner.query('SELECT "skippedEvents" FROM "Webhook" WHERE id = $1', [disabled]);
  expect(rows).toEqual([{ skippedEvents: 3 }]);
});

/** As if all up to this one were kept no longer. */
const expireEvents = (upTo: string) =>
  owner.query(
    `BEGIN; SELECT set_config('freeflow.expires_events', 'on', true); DELETE FROM "Event" WHERE id <= ${upTo}; COMMIT`,
  );
