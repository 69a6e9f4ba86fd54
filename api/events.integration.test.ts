import { createMasterClient } from '@freeflow/db-master';
import { Pool, type PoolClient } from 'pg';
import { openApiBench, type ApiBench } from '../test/support/api-bench';
import { openEvents, type EventReader } from '../test/support/event-reader';
import { openApiAgain } from '../test/support/second-api';
import {
  inTransaction,
  insertAttempt,
  insertTenant,
  updateOperation,
  updateTenant,
} from '../test/support/tenant-changes';
import { until } from '../test/support/until';
import { EventHub } from './events/hub';

/** It is not waited for by a test that doesn't say so. */
const NEVER = '3600000';
const SOON = { EVENTS_POLL_MS: '20', EVENTS_HEARTBEAT_MS: NEVER };

let bench: ApiBench;
let token: string;
let worker: Pool;
const opened: EventReader[] = [];

beforeAll(async () => {
  bench = await openApiBench(SOON);
  token = await bench.issuer.token();
  worker = new Pool({ connectionString: bench.master.workerUrl, max: 4 });
  worker.on('error', () => undefined);
});
afterEach(() => {
  for (const reader of opened.splice(0)) reader.close();
});
afterAll(async () => {
  await worker.end();
  await bench.close();
});

interface OpenOptions {
  url?: string;
  lastEventId?: string | undefined;
  token?: string;
  isPaused?: boolean;
}
async function open(path: string, { url = bench.url, ...options }: OpenOptions = {}): Promise<EventReader> {
  const reader = await openEvents(url + path, { token, ...options });
  opened.push(reader);
  return reader;
}
const ids = ({ events }: EventReader) => events.map(({ id }) => Number(id));
const newest = async (): Promise<number> =>
  Number((await bench.owner.query<{ id: string }>('SELECT coalesce(max(id), 0) AS id FROM "Event"')).rows[0]?.id);
const reached = (reader: EventReader, id: number) =>
  until(`event ${id} has arrived`, async () => Number(reader.lastId ?? 0) >= id);

test('a stream tells what is new from now on, as CloudEvents, in order; that of a tenant only what is its own', async () => {
  const earlier = await insertTenant(bench.owner);
  const [all, one] = [await open('/events'), await open(`/tenants/${earlier.id}/events`)];
  const other = await insertTenant(bench.owner);
  await updateTenant(worker, earlier, `status = 'active'`);
  await insertAttempt(worker, other, 'success');
  await reached(all, await newest());
  expect(all.events.map(({ type }) => type)).toEqual([
    'com.freeflow.tenant.created',
    'com.freeflow.operation.requested',
    'com.freeflow.tenant.status-changed',
    'com.freeflow.step.succeeded',
  ]);
  const [event] = await one.seen('tenant.status-changed');
  expect(one.events).toEqual([
    {
      specversion: '1.0',
      id: expect.stringMatching(/^\d+$/),
      source: `/tenants/${earlier.id}`,
      type: 'com.freeflow.tenant.status-changed',
      time: expect.any(String),
      subject: earlier.name,
      datacontenttype: 'application/json',
      data: { tenantId: earlier.id, tenantName: earlier.name, operationId: null, from: 'provisioning', to: 'active' },
    },
  ]);
  expect(all.events).toContainEqual(event);
});

test('a change through the API itself is told', async () => {
  const all = await open('/events');
  const { body } = await bench.request('POST', '/tenants', { body: { name: `e${Date.now().toString(36)}` } });
  const [created] = await all.seen('tenant.created');
  expect(created?.data).toMatchObject({ tenantId: body.id, status: 'provisioning' });
  expect(all.events.map(({ type }) => type)).toContain('com.freeflow.operation.requested');
});

test('a stream from the start tells all that is kept', async () => {
  const tenant = await insertTenant(bench.owner);
  const reader = await open(`/tenants/${tenant.id}/events?from=start`);
  await reader.seen('operation.requested');
  await updateTenant(worker, tenant, `status = 'active'`);
  await reader.seen('tenant.status-changed');
  expect(reader.events.map(({ type }) => type.replace('com.freeflow.', ''))).toEqual([
    'tenant.created',
    'operation.requested',
    'tenant.status-changed',
  ]);
});

test("a reader that comes back with the last id it has misses nothing and gets nothing twice, beside others' changes, also at an API that was started anew", async () => {
  const first = await open('/events');
  let isWriting = true;
  const writing = (async () => {
    while (isWriting) await insertAttempt(worker, await insertTenant(bench.owner), 'success');
  })();
  const start = await newest();
  const seen: number[] = [];
  await until('there are some', async () => first.events.length > 20);
  first.close();
  seen.push(...ids(first));
  for (let turn = 0; turn < 3; turn++) {
    const next = await open('/events', { lastEventId: String(seen.at(-1)) });
    await until('there are more', async () => next.events.length > 30);
    next.close();
    seen.push(...ids(next));
  }
  const again = await openApiAgain(bench, SOON);
  isWriting = false;
  await writing;
  const last = await open('/events', { url: again.url, lastEventId: String(seen.at(-1)) });
  await reached(last, await newest());
  seen.push(...ids(last));
  last.close();
  await again.close();
  const { rows } = await bench.owner.query<{ id: string }>('SELECT id FROM "Event" WHERE id > $1 ORDER BY id', [start]);
  expect(seen.filter((id) => id > start)).toEqual(rows.map(({ id }) => Number(id)));
});

test('many that come back at once, from different places, each get exactly what they miss', async () => {
  const start = await newest();
  for (let at = 0; at < 150; at++) await insertTenant(bench.owner);
  const places = Array.from({ length: 12 }, (_, at) => start + at * 20);
  const readers = await Promise.all(places.map((place) => open('/events', { lastEventId: String(place) })));
  await insertTenant(bench.owner);
  const end = await newest();
  await Promise.all(readers.map((it) => reached(it, end)));
  const { rows } = await bench.owner.query<{ id: string }>('SELECT id FROM "Event" WHERE id > $1 ORDER BY id', [start]);
  readers.forEach((reader, at) =>
    expect(ids(reader)).toEqual(rows.map(({ id }) => Number(id)).filter((id) => id > (places[at] ?? 0))),
  );
});

test('without a token, the permission, or a tenant there is no stream, but the problem of every route', async () => {
  const answer = (path: string, given: string | null, headers = {}) =>
    bench.request('GET', path, { token: given, headers });
  const unknown = '/tenants/0b5a3b46-4d4a-4d6e-9d0c-2f0e3c1f8a11/events';
  const weak = await bench.issuer.token({ permissions: ['system:x'] });
  for (const path of ['/events', unknown]) {
    expect(await answer(path, null)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(await answer(path, weak)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  }
  expect(await answer(unknown, token)).toMatchObject({ status: 404, body: { code: 'tenant-unknown' } });
  expect(await answer('/events', token, { 'last-event-id': 'x' })).toMatchObject({
    status: 400,
    body: { code: 'request-invalid', errors: [{ header: 'last-event-id' }] },
  });
  expect(await answer('/events?from=then', token)).toMatchObject({ status: 400 });
  const head = await fetch(`${bench.url}/events`, { method: 'HEAD', headers: { authorization: `Bearer ${token}` } });
  expect(head.status).toBe(404);
});

test('a place that is not kept any more, and one of another database, are told from others', async () => {
  await insertTenant(bench.owner);
  const at = (id: number) => bench.request('GET', '/events', { headers: { 'last-event-id': String(id) } });
  await bench.owner.query(
    `SET session_replication_role = replica; DELETE FROM "Event" WHERE id < (SELECT max(id) FROM "Event"); SET session_replication_role = DEFAULT`,
  );
  const only = await newest();
  expect(await at(only - 2)).toMatchObject({ status: 410, body: { code: 'event-unknown' } });
  expect(await at(only + 1)).toMatchObject({ status: 410, body: { code: 'event-unknown' } });
  const reader = await open('/events', { lastEventId: String(only - 1) });
  await reached(reader, only);
});

test('while the sessions of the API are cut, a stream stays, and nothing is missed', async () => {
  const reader = await open('/events');
  const before = await newest();
  for (let turn = 0; turn < 5; turn++) {
    await bench.owner.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'freeflow-api' AND datname = current_database()`,
    );
    await insertTenant(bench.owner);
  }
  const end = await newest();
  await reached(reader, end);
  expect(ids(reader)).toEqual(Array.from({ length: end - before }, (_, at) => before + 1 + at));
});

/** What is left of the newest events once the master database has lost so many, as a standby that lags behind has. */
const loseNewest = (session: Pool | PoolClient, count: number) =>
  session.query(`
    SET LOCAL session_replication_role = replica;
    DELETE FROM "Event" WHERE id > (SELECT max(id) FROM "Event") - ${count};
    SELECT setval(pg_get_serial_sequence('"Event"', 'id'), (SELECT max(id) FROM "Event"));
    SET LOCAL session_replication_role = origin`);

describe('where the master database has lost its latest events', () => {
  const LOST = 'the master database has lost its latest events';

  test('all streams end, who comes back with what was lost is told so, and what happens from then on is told to all', async () => {
    const reader = await open('/events');
    for (let at = 0; at < 3; at++) await insertTenant(bench.owner);
    await reached(reader, await newest());
    await inTransaction(bench.owner, (session) => loseNewest(session, 4));
    expect(await reader.ended).toBe('clean');
    expect(reader.comments).toContain(LOST);
    const back = await bench.request('GET', '/events', { headers: { 'last-event-id': reader.lastId ?? '' } });
    expect(back).toMatchObject({ status: 410, body: { code: 'event-unknown' } });
    const anew = await open('/events');
    const start = await newest();
    for (let at = 0; at < 3; at++) await insertTenant(bench.owner);
    await reached(anew, await newest());
    expect(ids(anew)).toEqual(Array.from({ length: 6 }, (_, at) => start + 1 + at));
  });

  test('the same where others have got their ids before anybody has looked', async () => {
    const reader = await open('/events');
    for (let at = 0; at < 3; at++) await insertTenant(bench.owner);
    await reached(reader, await newest());
    await inTransaction(bench.owner, async (session) => {
      await loseNewest(session, 2);
      for (let at = 0; at < 3; at++) await insertTenant(session);
    });
    expect(await reader.ended).toBe('clean');
    expect(reader.comments).toContain(LOST);
    expect(Number(reader.lastId)).toBeLessThan(await newest());
  });

  test('the same where it is first seen as another stream is opened', async () => {
    const again = await openApiAgain(bench, { ...SOON, EVENTS_POLL_MS: NEVER });
    await insertTenant(bench.owner);
    const reader = await open('/events', { url: again.url });
    await inTransaction(bench.owner, (session) => loseNewest(session, 1));
    const other = await open('/events', { url: again.url });
    expect(await reader.ended).toBe('clean');
    const place = `from ${await newest()}`;
    await until('the other tells its place', async () => other.comments.some((it) => it.trim() === place));
    other.close();
    await again.close();
  });
});

test('where the master database has lost its latest events, a stream that nobody reads keeps no later one from being told', async () => {
  const db = createMasterClient(bench.master.apiUrl, { maxConnections: 2 });
  const limits = { mostStreams: 0, mostOfOnePrincipal: 0 };
  const hub = new EventHub({ db, log: bench.app.log, heartbeatMs: Number(NEVER), pollMs: 5, ...limits });
  const request = { principal: 'test', from: 'now', expiresAt: Date.now() + 3_600_000 } as const;
  await insertTenant(bench.owner);
  const unread = await hub.open(request);
  await inTransaction(bench.owner, (session) => loseNewest(session, 1));
  await until('it has been ended', async () => !unread.isOpen);
  const looks = jest.spyOn(EventHub.prototype as unknown as { look: () => void }, 'look');
  await until('it is looked though there is nothing to read', async () => looks.mock.calls.length > 2);
  looks.mockRestore();
  const later = (await hub.open(request)).setEncoding('utf8');
  let text = '';
  later.on('data', (chunk: string) => (text += chunk));
  const { name } = await insertTenant(bench.owner);
  await until('both events are told', async () => text.split(name).length > 2);
  expect(text.match(/^data:/gm)).toHaveLength(2);
  [unread, later].forEach((it) => it.destroy());
  await hub.close();
  await db.$disconnect();
});

test('a stream tells where it begins: who comes back before the first event misses nothing either', async () => {
  await insertTenant(bench.owner);
  const first = await open('/events');
  const place = await until('it tells its place', async () => /^ ?from (\d+)$/.exec(first.comments[0] ?? '')?.[1]);
  first.close();
  expect(Number(place)).toBe(await newest());
  const tenant = await insertTenant(bench.owner);
  const again = await open('/events', { lastEventId: place });
  await again.seen('operation.requested');
  expect(again.events.map(({ subject }) => subject)).toEqual([tenant.name, tenant.name]);
});

test('a quiet stream gives signs of life', async () => {
  const again = await openApiAgain(bench, { EVENTS_HEARTBEAT_MS: '50' });
  const reader = await open('/events', { url: again.url });
  await until('there are three', async () => reader.comments.length >= 3);
  expect(reader.events).toEqual([]);
  reader.close();
  await again.close();
});

test('a stream of a tenant to which nothing happens learns where all others are, and can come back when its first id is long forgotten', async () => {
  const again = await openApiAgain(bench, { ...SOON, EVENTS_HEARTBEAT_MS: '50' });
  const tenant = await insertTenant(bench.owner);
  const first = String((await newest()) - 1);
  const quiet = await open(`/tenants/${tenant.id}/events`, { url: again.url, lastEventId: first });
  for (let at = 0; at < 3; at++) await insertTenant(bench.owner);
  // Also where all that it has missed is of others.
  const missing = await open(`/tenants/${tenant.id}/events`, { url: again.url, lastEventId: String(await newest()) });
  await insertTenant(bench.owner);
  const place = String(await newest());
  for (const reader of [quiet, missing])
    await until('it tells the place', async () => reader.comments.some((it) => it.trim() === `from ${place}`));
  expect(missing.events).toEqual([]);
  await bench.owner.query(
    `SET session_replication_role = replica; DELETE FROM "Event" WHERE id < ${place}; SET session_replication_role = DEFAULT`,
  );
  const back = (id: string) => bench.request('GET', '/events', { headers: { 'last-event-id': id } });
  expect(await back(first)).toMatchObject({ status: 410 });
  expect(await back(place)).toMatchObject({ status: 200 });
  await again.close();
});

test('a stream ends cleanly when the API stops, and the API does not wait for it', async () => {
  const again = await openApiAgain(bench, {});
  const readers = await Promise.all(Array.from({ length: 10 }, () => open('/events', { url: again.url })));
  await again.close();
  expect(await Promise.all(readers.map(({ ended }) => ended))).toEqual(Array(10).fill('clean'));
  expect(readers[0]?.comments).toContain('the API stops');
});

test('a stream ends cleanly when its token expires', async () => {
  // The tolerance of the clock is five seconds.
  const short = await bench.issuer.token({ exp: Math.floor(Date.now() / 1_000) - 3 });
  const reader = await open('/events', { token: short });
  expect(await reader.ended).toBe('clean');
  expect(reader.comments).toContain('the token has expired');
});

/** More than sockets hold. */
async function changeMuch(): Promise<number> {
  const tenant = await insertTenant(bench.owner);
  for (let at = 0; at < 200; at++) await insertAttempt(worker, tenant, 'error', 'x'.repeat(40_000));
  return newest();
}

test('a reader slower than what happens holds nobody up, and gets all of it at its own pace', async () => {
  const [slow, quick] = [await open('/events', { isPaused: true }), await open('/events')];
  const start = await newest();
  const end = await changeMuch();
  await reached(quick, end);
  slow.resume();
  await reached(slow, end);
  for (const reader of [slow, quick])
    expect(ids(reader).filter((id) => id > start)).toEqual(
      Array.from({ length: end - start }, (_, at) => start + 1 + at),
    );
});

test('a reader that takes nothing from one sign of life to the next is cut off by a clean end, and goes on by its id', async () => {
  const again = await openApiAgain(bench, { EVENTS_HEARTBEAT_MS: '100' });
  const [stalled, quick] = [
    await open('/events', { url: again.url, isPaused: true }),
    await open('/events', { url: again.url }),
  ];
  const start = await newest();
  const end = await changeMuch();
  const before = quick.comments.length;
  await until('there were signs of life', async () => quick.comments.length > before + 4);
  stalled.resume();
  expect(await stalled.ended).toBe('clean');
  expect(stalled.comments).toContain('too slow');
  expect(Number(stalled.lastId)).toBeLessThan(end);
  const next = await open('/events', { lastEventId: stalled.lastId });
  await reached(next, end);
  expect([...ids(stalled), ...ids(next)].filter((id) => id > start)).toHaveLength(end - start);
  quick.close();
  await again.close();
});

test('one that reads nothing at all does not stay', async () => {
  const again = await openApiAgain(bench, { EVENTS_HEARTBEAT_MS: '200' });
  const stalled = await open('/events', { url: again.url, isPaused: true });
  await changeMuch();
  const sockets = () =>
    new Promise<number>((resolve, reject) =>
      again.app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
    );
  await until('its connection is gone', async () => (await sockets()) === 0);
  expect(stalled.events).toEqual([]);
  stalled.close();
  await again.close();
});

describe('there is a limit of streams', () => {
  let limited: Awaited<ReturnType<typeof openApiAgain>>;
  let [one, other, third] = ['', '', ''];
  beforeAll(async () => {
    limited = await openApiAgain(bench, {
      ...SOON,
      EVENTS_MAX_STREAMS: '5',
      EVENTS_MAX_STREAMS_PER_PRINCIPAL: '2',
    });
    [one = '', other = '', third = ''] = await Promise.all(
      ['s1', 's2', 's3'].map((sub) => bench.issuer.token({ sub })),
    );
  });
  afterAll(() => limited.close());

  const tryToOpen = async (given: string, path = '/events') => {
    const { signal, abort } = withAbort();
    const response = await fetch(limited.url + path, { headers: { authorization: `Bearer ${given}` }, signal });
    const refusal = response.ok ? undefined : ((await response.json()) as { code: string });
    return { status: response.status, code: refusal?.code, retryAfter: response.headers.get('retry-after'), abort };
  };
  const REFUSED = { status: 429, code: 'too-many-streams', retryAfter: expect.stringMatching(/^[1-9]\d*$/) };

  test('for a principal, also where many are opened at once, and for the process; who leaves makes room', async () => {
    const tenant = await insertTenant(bench.owner);
    const tries = await Promise.all(
      Array.from({ length: 8 }, (_, at) => tryToOpen(one, at % 2 === 0 ? '/events' : `/tenants/${tenant.id}/events`)),
    );
    const opened = tries.filter(({ status }) => status === 200);
    expect(opened).toHaveLength(2);
    for (const it of tries.filter(({ status }) => status !== 200)) expect(it).toMatchObject(REFUSED);
    for (const given of [other, other, third]) opened.push(await tryToOpen(given));
    expect(opened.map(({ status }) => status)).toEqual(Array(5).fill(200));
    expect(await tryToOpen(third)).toMatchObject(REFUSED);
    opened[0]?.abort();
    await until('there is room again', async () => (await tryToOpen(third)).status === 200);
    expect(await tryToOpen(third)).toMatchObject(REFUSED);
  });
});

/** A signal, and how to give it. */
function withAbort(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

test('five hundred streams get every event, by one reader of the table', async () => {
  const readers = await Promise.all(Array.from({ length: 500 }, () => open('/events')));
  const start = await newest();
  const tenant = await insertTenant(bench.owner);
  for (let at = 0; at < 20; at++) await insertAttempt(worker, tenant, 'success');
  await updateOperation(worker, tenant, `state = 'done', "endedAt" = now()`);
  await Promise.all(readers.map((it) => it.seen('operation.ended')));
  for (const reader of readers) expect(ids(reader).filter((id) => id > start)).toHaveLength(23);
});

test('both streams are described in the OpenAPI document', async () => {
  const { body } = await bench.request('GET', '/openapi.json');
  for (const path of ['/events', '/tenants/{id}/events'])
    expect(body['paths']).toMatchObject({
      [path]: { get: { responses: { 200: { content: { 'text/event-stream': {} } }, 410: {} } } },
    });
});
