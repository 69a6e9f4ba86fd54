import { randomUUID } from 'node:crypto';
import { MOST_WEBHOOKS } from '@freeflow/contract';
import {
  createdWebhookSchema,
  deliveryPage,
  deliverySchema,
  webhookList,
  webhookSchema,
} from '@freeflow/contract/http';
import { openApiBench, type ApiBench } from '../test/support/api-bench';
import {
  insertDelivery,
  insertFailed,
  insertQuietTenant,
  insertWebhook,
  publishKey,
  tellOf,
} from '../test/support/webhooks';

const URL = 'https://192.0.2.1';
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

let bench: ApiBench;
beforeAll(async () => {
  bench = await openApiBench({ WEBHOOK_ALLOWED_NETWORKS: '192.0.2.0/24' });
});
afterEach(() => bench.owner.query('DELETE FROM "Webhook"'));
afterAll(() => bench.close());

const request = (method: string, path: string, body?: unknown) => bench.request(method, path, { body });
const create = (body: object) => request('POST', '/webhooks', body);
const rows = async (table: string) =>
  (await bench.owner.query<{ text: string }>(`SELECT to_jsonb(t)::text AS text FROM "${table}" t`)).rows;

const newestEvent = async () =>
  (await bench.owner.query<{ type: string }>('SELECT type FROM "Event" ORDER BY id DESC LIMIT 1')).rows[0] ?? {
    type: '',
  };

test('without a key that a worker has published nothing is made', async () => {
  await bench.owner.query('DELETE FROM "SealingKey"');
  expect(await create({ url: URL })).toMatchObject({ status: 503, body: { code: 'sealing-key-missing' } });
  expect(await rows('Webhook')).toEqual([]);
  await publishKey(bench.owner);
});

test('a webhook is made with a secret that this answer alone has; its path and query are in no answer', async () => {
  const { status, body, headers } = await create({
    url: `${URL}/hunter22?token=hunter22`,
    eventTypes: ['operation.ended'],
  });
  expect([status, headers.get('location'), headers.get('cache-control')]).toEqual([
    201,
    `/webhooks/${body.id ?? ''}`,
    'no-store',
  ]);
  const { secret, ...webhook } = createdWebhookSchema.parse(body);
  expect(Buffer.from(secret?.replace('whsec_', '') ?? '', 'base64')).toHaveLength(32);
  expect(webhook).toMatchObject({ url: URL, eventTypes: ['operation.ended'], state: 'enabled', undelivered: 0 });
  const shown = await request('GET', `/webhooks/${webhook.id}`);
  expect(webhookSchema.strict().parse(shown.body)).toEqual(webhook);
  const list = await request('GET', '/webhooks');
  expect(webhookList.parse(list.body).items).toEqual([webhook]);
  for (const { text } of [shown, list]) expect(text).not.toMatch(/whsec|hunter22/);
});

test('neither a secret nor a path or query is in the master database in the clear, and the API may not read what is sealed', async () => {
  await create({ url: `${URL}/hunter22?token=hunter22`, secret: SECRET });
  const { rows: tables } = await bench.owner.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  const texts = (await Promise.all(tables.map(({ name }) => rows(name)))).flat().map(({ text }) => text);
  const forms = [SECRET, SECRET.slice(6), 'hunter22'].flatMap((it) => [it, Buffer.from(it).toString('hex')]);
  expect(texts.filter((text) => forms.some((form) => text.includes(form)))).toEqual([]);
  expect(await rows('WebhookSecret')).toHaveLength(1);
});

test.each([
  ['a private address', { url: 'https://10.0.0.1/' }, '/url'],
  ['a loopback address', { url: 'https://localhost/' }, '/url'],
  ['the address of metadata', { url: 'https://169.254.169.254/latest' }, '/url'],
  ['an address in another form', { url: 'https://0x7f000001/' }, '/url'],
  ['an address of IPv6', { url: 'https://[::1]/' }, '/url'],
  ['http to what is not allowed', { url: 'http://93.184.215.14/' }, '/url'],
  ['a user', { url: 'https://u:p@192.0.2.1/' }, '/url'],
  ['no URL', { url: 'nonsense' }, '/url'],
  ['an unknown event', { url: URL, eventTypes: ['tenant.eaten'] }, '/eventTypes/0'],
  ['an event named twice', { url: URL, eventTypes: ['tenant.gone', 'tenant.gone'] }, '/eventTypes'],
  ['a short secret', { url: URL, secret: 'whsec_aGVsbG8=' }, '/secret'],
  ['a secret that is none', { url: URL, secret: 'hunter22' }, '/secret'],
])('%s is refused, with the place, and nothing is made', async (_what, body, pointer) => {
  const answer = await create(body);
  expect(answer).toMatchObject({ status: 400, body: { code: 'body-invalid', errors: [{ pointer }] } });
  expect(answer.text).not.toContain('hunter22');
  expect(await rows('Webhook')).toEqual([]);
});

test('there are so many at most, also when they are made at once', async () => {
  for (let at = 1; at < MOST_WEBHOOKS; at++) await insertWebhook(bench.owner, URL);
  const outcomes = await Promise.all([create({ url: URL }), create({ url: URL }), create({ url: URL })]);
  expect(outcomes.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(outcomes.filter(({ body }) => body.code === 'too-many-webhooks')).toHaveLength(2);
});

test('those that are removed make room for others at once', async () => {
  for (let at = 0; at < MOST_WEBHOOKS; at++) await insertWebhook(bench.owner, URL);
  expect((await create({ url: URL })).status).toBe(409);
  const { rows: found } = await bench.owner.query<{ id: string }>('SELECT id FROM "Webhook" LIMIT 1');
  expect((await request('DELETE', `/webhooks/${found[0]?.id ?? ''}`)).status).toBe(204);
  expect((await create({ url: URL })).status).toBe(201);
});

test('a webhook is changed, disabled and enabled, each told by an event, and removed', async () => {
  const id = await insertWebhook(bench.owner, URL);
  await insertDelivery(bench.owner, id, 'failed');
  const patch = (body: object) => request('PATCH', `/webhooks/${id}`, body);
  expect((await patch({ eventTypes: ['tenant.gone'], description: 'ours' })).body).toMatchObject({
    eventTypes: ['tenant.gone'],
    description: 'ours',
    state: 'enabled',
  });
  expect((await patch({ enabled: false })).body).toMatchObject({ state: 'disabled', disabledReason: 'person' });
  expect((await patch({ enabled: true })).body).toMatchObject({ state: 'enabled', disabledAt: null });
  const { rows: told } = await bench.owner.query<{ type: string }>(
    `SELECT type FROM "Event" WHERE data ->> 'webhookId' = $1 ORDER BY id`,
    [id],
  );
  expect(told.map(({ type }) => type)).toEqual([
    'webhook.created',
    'webhook.updated',
    'webhook.disabled',
    'webhook.enabled',
  ]);
  expect((await request('DELETE', `/webhooks/${id}`)).status).toBe(204);
  expect((await request('GET', '/webhooks')).body).toEqual({ items: [] });
  expect((await newestEvent()).type).toBe('webhook.deleted');
  for (const [method, path] of [
    ['GET', ''],
    ['PATCH', ''],
    ['DELETE', ''],
    ['GET', '/deliveries'],
    ['GET', `/deliveries/${randomUUID()}`],
    ['POST', `/deliveries/${randomUUID()}/give-up`],
    ['POST', '/ping'],
    ['POST', '/rotate-secret'],
    ['POST', '/redeliver'],
    ['POST', `/deliveries/${randomUUID()}/redeliver`],
  ] as const)
    expect(await request(method, `/webhooks/${id}${path}`, method === 'PATCH' ? {} : undefined)).toMatchObject({
      status: 404,
      body: { code: 'webhook-unknown' },
    });
});

describe('at another URL, or by another secret', () => {
  const toldOf = async (id: string) =>
    (
      await bench.owner.query<{ type: string; data: { url: string } }>(
        `SELECT type, data FROM "Event" WHERE data ->> 'webhookId' = $1 ORDER BY id`,
        [id],
      )
    ).rows.map(({ type, data }) => `${type} ${data.url}`);
  const secretsOf = async (id: string) =>
    (
      await bench.owner.query<{ part: string; leftS: number | null }>(
        `SELECT part, round(extract(epoch FROM "retiresAt" - now()))::int AS "leftS"
           FROM (SELECT 'first' AS part, id AS "webhookId", "retiresAt", NULL AS "createdAt" FROM "WebhookSecret"
                 UNION ALL SELECT part, "webhookId", "retiresAt", "createdAt" FROM "WebhookReplacement") s
          WHERE "webhookId" = $1 ORDER BY part, "createdAt"`,
        [id],
      )
    ).rows.map(({ part, leftS }) => (leftS === null ? part : `${part} ${leftS}`));

  test('it is sent to another URL that is allowed, which is told once; its path is stored sealed, alone', async () => {
    const id = await insertWebhook(bench.owner, `${URL}/old`);
    await bench.owner.query(`UPDATE "Webhook" SET "failingSince" = now(), failures = 30, "probedAt" = now()`);
    const patch = (body: object) => request('PATCH', `/webhooks/${id}`, body);
    expect(await patch({ url: 'https://10.0.0.1/' })).toMatchObject({ status: 400, body: { code: 'body-invalid' } });
    const other = 'https://192.0.2.2:8443';
    const moved = await patch({ url: `${other}/hunter22?token=hunter22`, eventTypes: ['tenant.gone'] });
    expect(moved).toMatchObject({ status: 200, body: { url: other, eventTypes: ['tenant.gone'], failingSince: null } });
    expect(await secretsOf(id)).toEqual(['first', 'target']);
    // The path alone is another one.
    expect((await patch({ url: `${other}/new` })).text).not.toContain('new');
    expect(await secretsOf(id)).toEqual(['first', 'target']);
    expect(await patch({ description: 'ours' })).toMatchObject({ status: 200 });
    expect(await toldOf(id)).toEqual([
      `webhook.created ${URL}`,
      `webhook.updated ${other}`,
      `webhook.updated ${other}`,
    ]);
    const kept = (await Promise.all(['Webhook', 'AuditEvent', 'Event', 'OperationAnswer'].map(rows))).flat();
    expect(kept.filter(({ text }) => text.includes('hunter22'))).toEqual([]);
  });

  test('another secret signs, the one before beside it for a while, or not at all; that is told', async () => {
    const id = await insertWebhook(bench.owner, URL);
    const rotate = (body?: object) => request('POST', `/webhooks/${id}/rotate-secret`, body);
    const first = await rotate();
    expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(createdWebhookSchema.parse(first.body).secret).toMatch(/^whsec_/);
    expect(await secretsOf(id)).toEqual(['first 86400', 'secret']);
    expect((await rotate({ secret: SECRET, overlapSeconds: 60 })).body['secret']).toBe(SECRET);
    expect(await secretsOf(id)).toEqual(['first 60', 'secret 60', 'secret']);
    for (let at = 0; at < 3; at++) await rotate({ overlapSeconds: 3_600 });
    expect(await secretsOf(id)).toEqual(['first 60', 'secret 3600', 'secret 3600', 'secret']);
    await rotate({ overlapSeconds: 0 });
    expect(await secretsOf(id)).toEqual(['first 0', 'secret']);
    expect(await toldOf(id)).toEqual([
      `webhook.created ${URL}`,
      ...Array<string>(6).fill(`webhook.secret-rotated ${URL}`),
    ]);
    for (const body of [{ overlapSeconds: 604_801 }, { overlapSeconds: -1 }, { secret: 'hunter22' }])
      expect((await rotate(body)).status).toBe(400);
  });
});

test('one that is enabled after its events have gone tells how many it has missed at most, and goes on from the oldest', async () => {
  const id = await insertWebhook(bench.owner, URL);
  await request('PATCH', `/webhooks/${id}`, { enabled: false });
  const { rows: before } = await bench.owner.query<{ cursor: string }>('SELECT "cursor" FROM "Webhook" WHERE id = $1', [
    id,
  ]);
  const told = await tellOf(bench.owner, await insertQuietTenant(bench.owner), 3);
  await bench.owner.query(
    `BEGIN; SELECT set_config('freeflow.expires_events', 'on', true); DELETE FROM "Event" WHERE id < ${told[2] ?? ''}; COMMIT`,
  );
  const missed = Number(told[2]) - 1 - Number(before[0]?.cursor);
  expect((await request('PATCH', `/webhooks/${id}`, { enabled: true })).body).toMatchObject({ skippedEvents: missed });
});

describe('under an Idempotency-Key', () => {
  const keyed = (key: string, method: string, path: string, body?: unknown) =>
    bench.request(method, path, { body, headers: { 'idempotency-key': key } });
  const countOf = async (table: string) => (await rows(table)).length;

  test('a webhook is made once, however often its request is sent, also at once; another request is refused', async () => {
    const key = randomUUID();
    const make = (more = {}) => keyed(key, 'POST', '/webhooks', { url: `${URL}/a?b`, description: 'ours', ...more });
    const answers = [...(await Promise.all([make(), make(), make()])), await make()];
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await countOf('Webhook')).toBe(1);
    // Whoever made it alone knows the secret, and neither was it kept.
    expect(answers.filter(({ text }) => text.includes('whsec_'))).toHaveLength(1);
    expect(createdWebhookSchema.parse(answers[3]?.body).secret).toBeNull();
    for (const more of [{ url: `${URL}/a?c` }, { secret: SECRET }, { description: 'theirs' }])
      expect(await make(more)).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
    expect(await keyed(key, 'POST', '/tenants', { name: 'acme' })).toMatchObject({ status: 422 });
    expect(await keyed(key, 'POST', `/webhooks/${answers[0]?.body.id ?? ''}/ping`)).toMatchObject({ status: 422 });
    expect(await countOf('Webhook')).toBe(1);
  });

  test('what was refused can be sent again with its key, and a secret that the request names is answered again', async () => {
    const key = randomUUID();
    const make = () => keyed(key, 'POST', '/webhooks', { url: URL, secret: SECRET });
    await bench.owner.query('DELETE FROM "SealingKey"');
    expect((await make()).status).toBe(503);
    await publishKey(bench.owner);
    const [first, second] = [await make(), await make()];
    expect(second.body).toEqual(first.body);
    expect(createdWebhookSchema.parse(second.body).secret).toBe(SECRET);
    expect((await rows('OperationAnswer')).filter(({ text }) => text.includes('whsec_'))).toEqual([]);
  });

  test('each other change is made once, and answered as it was', async () => {
    const id = await insertWebhook(bench.owner, URL);
    const failed = await insertDelivery(bench.owner, id, 'failed');
    const countAudited = () => countOf('AuditEvent');
    for (const [method, path, body] of [
      ['POST', '/ping', undefined],
      ['POST', `/deliveries/${failed}/redeliver`, undefined],
      ['POST', '/redeliver', { since: '2026-11-27T20:00:00Z' }],
      ['PATCH', '', { url: `${URL}/new`, enabled: false }],
      ['POST', '/rotate-secret', { secret: SECRET }],
      ['DELETE', '', undefined],
    ] as const) {
      const key = randomUUID();
      const send = () => keyed(key, method, `/webhooks/${id}${path}`, body);
      const first = await send();
      expect(first.status).toBeLessThan(300);
      const before = [await countOf('WebhookDelivery'), await countOf('Event'), await countAudited()];
      const again = await send();
      expect([again.status, again.text]).toEqual([first.status, first.text]);
      expect([await countOf('WebhookDelivery'), await countOf('Event'), await countAudited()]).toEqual(before);
    }
  });
});

test('what a webhook has not got is counted with what happened since it was disabled, and it is told where not all of it is', async () => {
  const id = await insertWebhook(bench.owner, URL, { eventTypes: ['tenant.updated'] });
  await request('PATCH', `/webhooks/${id}`, { enabled: false });
  const tenant = await insertQuietTenant(bench.owner);
  await tellOf(bench.owner, tenant, 3);
  const shown = async () => (await request('GET', `/webhooks/${id}`)).body;
  expect(await shown()).toMatchObject({ undelivered: 3, hasMoreUndelivered: false });
  await bench.owner.query(
    `INSERT INTO "WebhookDelivery" ("webhookId", type, "eventAt", lane, "isHead") SELECT $1, 'tenant.updated', now(), $1, false FROM generate_series(1, 999)`,
    [id],
  );
  expect(await shown()).toMatchObject({ undelivered: 1_002, hasMoreUndelivered: false });
  await bench.owner.query(
    `INSERT INTO "Event" (type, "tenantId", "tenantName", data) SELECT 'tenant.gone', $1, 'acme', '{}' FROM generate_series(1, 1000)`,
    [tenant.id],
  );
  expect(await shown()).toMatchObject({ undelivered: 1_002, hasMoreUndelivered: true });
});

test('deliveries are shown newest first, page by page, by their state', async () => {
  const id = await insertWebhook(bench.owner, URL);
  const ids: string[] = [];
  for (const state of ['delivered', 'failed', 'delivered', 'delivered', 'delivered', 'delivered'] as const)
    ids.push(await insertDelivery(bench.owner, id, state));
  // As those of one hand-out are: of the same millisecond.
  await bench.owner.query(`UPDATE "WebhookDelivery" SET "createdAt" = '2026-11-27T20:00:00Z'`);
  const page = async (query: string) =>
    deliveryPage.parse((await request('GET', `/webhooks/${id}/deliveries${query}`)).body);
  const first = await page('?limit=3');
  const second = await page(`?limit=3&cursor=${first.nextCursor ?? ''}`);
  expect([...first.items, ...second.items].map((it) => it.id)).toEqual(ids.toReversed());
  expect(second.nextCursor).toBeNull();
  expect((await page('?state=failed')).items.map((it) => it.id)).toEqual([ids[1]]);
  expect((await request('GET', `/webhooks/${id}/deliveries?state=lost`)).status).toBe(400);
});

test('what is never taken is given up, by name: the next of its tenant goes, and it comes again on its own alone', async () => {
  const id = await insertWebhook(bench.owner, URL);
  const deliveries = [
    await insertDelivery(bench.owner, id, 'failed'),
    await insertDelivery(bench.owner, id, 'failed'),
    await insertDelivery(bench.owner, id, 'delivered'),
  ] as const;
  const [first, second, arrived] = deliveries;
  const set = (delivery: string, columns: string) =>
    bench.owner.query(`UPDATE "WebhookDelivery" SET lane = $2, ${columns} WHERE id = $1`, [delivery, id]);
  const of = (delivery: string) => `/webhooks/${id}/deliveries/${delivery}`;
  const giveUp = (delivery: string) => request('POST', `${of(delivery)}/give-up`);
  const placeOf = async (delivery: string) =>
    (
      await bench.owner.query<{ state: string; isHead: boolean }>(
        'SELECT state, "isHead" FROM "WebhookDelivery" WHERE id = $1',
        [delivery],
      )
    ).rows[0];
  await set(first, `state = 'sending', "isHead" = true, "endedAt" = NULL, "checkAt" = now()`);
  await set(second, `state = 'waiting', "endedAt" = NULL`);
  expect(await giveUp(first)).toMatchObject({ status: 409, body: { code: 'delivery-in-progress' } });
  expect(await giveUp(arrived)).toMatchObject({ status: 409, body: { code: 'delivery-arrived' } });
  expect(await giveUp(randomUUID())).toMatchObject({ status: 404, body: { code: 'delivery-unknown' } });
  await set(first, `state = 'retrying', attempt = 3, "checkAt" = NULL, "nextAttemptAt" = now() + interval '1 day'`);
  const given = await giveUp(first);
  const by = (await rows('AuditEvent')).find(({ text }) => text.includes('webhooks.give-up'))?.text ?? '';
  expect(given).toMatchObject({ status: 200, body: { state: 'failed', nextAttemptAt: null } });
  expect(by).toContain(deliverySchema.parse(given.body).givenUpBy);
  expect((await giveUp(first)).body).toEqual(given.body);
  expect((await request('GET', of(first))).body).toEqual(given.body);
  expect(await newestEvent()).toEqual({ type: 'webhook.delivery-given-up' });
  expect(await placeOf(second)).toEqual({ state: 'waiting', isHead: true });
  await request('POST', `/webhooks/${id}/redeliver`);
  expect(await placeOf(first)).toEqual({ state: 'failed', isHead: false });
  expect((await request('POST', `${of(first)}/redeliver`)).body).toMatchObject({ state: 'waiting', givenUpBy: null });
});

test('what has ended goes again, one or all that have failed since; what is under way, disabled or gone is refused', async () => {
  const id = await insertWebhook(bench.owner, URL);
  const [failed, other, delivered] = [
    await insertDelivery(bench.owner, id, 'failed'),
    await insertDelivery(bench.owner, id, 'failed'),
    await insertDelivery(bench.owner, id, 'delivered'),
  ];
  const again = (delivery: string) => request('POST', `/webhooks/${id}/deliveries/${delivery}/redeliver`);
  expect(await again(delivered)).toMatchObject({ status: 202, body: { state: 'waiting', endedAt: null } });
  expect(await again(delivered)).toMatchObject({ status: 409, body: { code: 'delivery-in-progress' } });
  expect(await again(randomUUID())).toMatchObject({ status: 404, body: { code: 'delivery-unknown' } });
  const all = (body?: object) => request('POST', `/webhooks/${id}/redeliver`, body);
  expect((await all({ since: new Date(Date.now() + 3_600_000).toISOString() })).body).toMatchObject({
    redelivered: 0,
    isComplete: true,
  });
  expect((await all()).body).toMatchObject({ redelivered: 2, isComplete: true });
  const { rows: found } = await bench.owner.query<{ id: string; state: string; isHead: boolean }>(
    'SELECT id, state, "isHead" FROM "WebhookDelivery" ORDER BY "eventId"',
  );
  expect(found).toEqual([failed, other, delivered].map((it) => ({ id: it, state: 'waiting', isHead: true })));
  // A retry is under way as a first attempt is: it may still arrive.
  await bench.owner.query(
    `UPDATE "WebhookDelivery" SET state = 'sending', attempt = 1, "checkAt" = now() WHERE id = $1`,
    [failed],
  );
  expect(await again(failed)).toMatchObject({ status: 409, body: { code: 'delivery-in-progress' } });
  expect((await all()).body).toMatchObject({ redelivered: 0, isComplete: true });
  await request('PATCH', `/webhooks/${id}`, { enabled: false });
  expect(await all()).toMatchObject({ status: 409, body: { code: 'webhook-disabled' } });
  await bench.owner.query(`UPDATE "Webhook" SET state = 'enabled', "disabledAt" = NULL, "disabledReason" = NULL`);
  const gone = await insertDelivery(bench.owner, id, 'failed');
  await bench.owner.query(
    `BEGIN; SELECT set_config('freeflow.expires_events', 'on', true);
     DELETE FROM "Event" WHERE id = (SELECT "eventId" FROM "WebhookDelivery" WHERE id = '${gone}'); COMMIT`,
  );
  expect(await again(gone)).toMatchObject({ status: 410, body: { code: 'delivery-expired' } });
});

test('a thousand go again by a request; asked for the rest, those that have failed anew meanwhile are left alone', async () => {
  const id = await insertWebhook(bench.owner, URL);
  const MANY = 1_200;
  await insertFailed(bench.owner, id, MANY);
  const all = async (body?: object) => (await request('POST', `/webhooks/${id}/redeliver`, body)).body;
  const first = await all();
  expect(first).toMatchObject({ redelivered: 1_000, isComplete: false });
  // The receiver is still down.
  await bench.owner.query(
    `UPDATE "WebhookDelivery" SET state = 'failed', "isHead" = false, "endedAt" = now(), "lastFailedAt" = clock_timestamp() + interval '5 ms'
      WHERE state = 'waiting'`,
  );
  const { failedBefore } = first as { failedBefore: string };
  expect(await all({ failedBefore })).toMatchObject({ redelivered: MANY - 1_000, isComplete: true, failedBefore });
  expect(await all({ failedBefore })).toMatchObject({ redelivered: 0, isComplete: true });
  expect(await all({})).toMatchObject({ redelivered: 1_000, isComplete: true });
});
