import { randomUUID } from 'node:crypto';
import { EVENT_NAMES, OPEN_STATES, OPERATION_STATES, STATE_EVENTS, type EventName } from '@freeflow/contract';
import { EVENT_DATA } from '@freeflow/contract/http';
import { errorCode } from '@freeflow/lib/pg';
import { Pool, type PoolClient } from 'pg';
import { expireRecords } from '../activities/expire-records';
import { openMaster, type Master } from '../test/support/master';
import {
  inTransaction,
  insertAnswer,
  insertBegun,
  insertAttempt,
  insertTenant,
  updateOperation,
  updateTenant,
  type ChangedTenant,
} from '../test/support/tenant-changes';
import { until } from '../test/support/until';
import { createMasterClient } from './client';

const DENIED = '42501';
const NO_LOCK = '55P03';
const PARKED = JSON.stringify([
  { step: 'qdrant.create', parkId: 1, cause: 'away', advice: 'Start it.', since: '2026-11-27T06:00:00.000Z' },
]);

interface Row {
  id: string;
  type: EventName;
  tenantId: string | null;
  tenantName: string | null;
  operationId: string | null;
  data: Record<string, unknown>;
}

let master: Master;
let owner: Pool;
let api: Pool;
let worker: Pool;

beforeAll(async () => {
  master = await openMaster();
  const open = (connectionString: string) => {
    const pool = new Pool({ connectionString, max: 12 });
    pool.on('error', () => undefined);
    return pool;
  };
  [owner, api, worker] = [open(master.ownerUrl), open(master.apiUrl), open(master.workerUrl)];
});
afterAll(async () => {
  await Promise.all([owner.end(), api.end(), worker.end()]);
  await master.drop();
});

const eventsAfter = async (id: string, limit = 1_000): Promise<Row[]> =>
  (await owner.query<Row>('SELECT * FROM "Event" WHERE id > $1 ORDER BY id LIMIT $2', [id, limit])).rows;
const newest = async () =>
  (await owner.query<{ id: string }>('SELECT coalesce(max(id), 0) AS id FROM "Event"')).rows[0]?.id ?? '0';
const eventsOf = async ({ id }: ChangedTenant): Promise<Row[]> =>
  (await eventsAfter('0')).filter((it) => it.tenantId === id);
const typesOf = async (tenant: ChangedTenant) => (await eventsOf(tenant)).map(({ type }) => type);

/** All that can happen to a tenant, each in a transaction of its own. */
async function wholeLife(): Promise<ChangedTenant> {
  const tenant = await insertTenant(api);
  await updateOperation(worker, tenant, `state = 'running', "startedAt" = now()`);
  await insertAttempt(worker, tenant, 'error');
  await updateOperation(worker, tenant, `state = 'parked', parked = '${PARKED}'`);
  await insertBegun(api, tenant);
  await inTransaction(worker, async (session) => {
    await insertAnswer(session, tenant);
    await updateOperation(session, tenant, `state = 'running', parked = NULL`);
  });
  await insertAttempt(worker, tenant, 'success');
  await updateTenant(worker, tenant, `status = 'active'`);
  await updateTenant(api, tenant, `labels = '{"tier":"gold"}', "holdUntil" = now(), "holdReason" = 'a lawsuit'`);
  await worker.query(
    `INSERT INTO "TenantUsage" ("tenantId", kind, measures, limits, levels, percent, plan)
     VALUES ($1, 'postgres', '{"size":81}', '{"size":100}', '{"size":80}', 81, 'free')`,
    [tenant.id],
  );
  await updateOperation(
    worker,
    tenant,
    `state = 'undoing', undoing = true, step = 'aborted', cause = 'so', advice = ''`,
  );
  await inTransaction(worker, async (session) => {
    await updateTenant(session, tenant, `status = 'deleted', "goneAt" = now()`);
    await updateOperation(session, tenant, `state = 'rolled_back', "endedAt" = now()`);
  });
  return tenant;
}

test('every change of a tenant is an event of the contract, with its fields and no others, and every such event is told', async () => {
  const tenant = await wholeLife();
  const events = await eventsOf(tenant);
  expect(events.map(({ type }) => type)).toEqual([
    'tenant.created',
    'operation.requested',
    'operation.started',
    'step.failed',
    'operation.parked',
    'operation.answered',
    'operation.unparked',
    'step.succeeded',
    'tenant.status-changed',
    'tenant.updated',
    'tenant.usage-reached',
    'operation.undoing',
    'tenant.status-changed',
    'tenant.gone',
    'operation.ended',
  ]);
  expect([...new Set(events.map(({ type }) => type))].sort()).toEqual(
    EVENT_NAMES.filter((it) => !/^(webhook|fleet)\./.test(it)).sort(),
  );
  for (const { type, data } of events) expect(EVENT_DATA[type].parse(data)).toEqual(data);
  for (const { type, tenantName, operationId } of events) {
    expect(tenantName).toBe(tenant.name);
    expect(operationId).toBe(type.startsWith('tenant.') ? null : tenant.operationId);
  }
  expect(events.find(({ type }) => type === 'operation.answered')?.data).toEqual({
    action: 'retry',
    by: 'on-call',
    steps: ['qdrant.create'],
    reason: null,
  });
  expect(events.find(({ type }) => type === 'operation.parked')?.data['steps']).toEqual(JSON.parse(PARKED));
});

test('that a webhook is made, disabled, by whom or why, enabled again, gets others, or is removed is told; what else changes of it is not', async () => {
  const before = await newest();
  const id = randomUUID();
  await api.query(
    `INSERT INTO "Webhook" (id, url, "eventTypes", "createdBy", "cursor") VALUES ($1, 'https://example.com', '{}', 'an admin', 0)`,
    [id],
  );
  const update = (session: Pool, columns: string) =>
    session.query(`UPDATE "Webhook" SET ${columns} WHERE id = $1`, [id]);
  await update(worker, `"cursor" = 1, "failingSince" = now()`);
  await update(worker, `state = 'disabled', "disabledAt" = now(), "disabledReason" = 'failing'`);
  await update(api, `state = 'enabled', "disabledAt" = NULL, "disabledReason" = NULL`);
  await update(api, `state = 'disabled', "disabledAt" = now(), "disabledReason" = 'person', "disabledBy" = 'an admin'`);
  await update(api, `"eventTypes" = '{tenant.gone}'`);
  await update(api, `"deletedAt" = now()`);
  const events = await eventsAfter(before);
  const common = { webhookId: id, url: 'https://example.com' };
  expect(events.map(({ type, data }) => [type, data])).toEqual([
    ['webhook.created', { ...common, eventTypes: [], by: 'an admin' }],
    ['webhook.disabled', { ...common, reason: 'failing', by: null }],
    ['webhook.enabled', common],
    ['webhook.disabled', { ...common, reason: 'person', by: 'an admin' }],
    ['webhook.updated', { ...common, eventTypes: ['tenant.gone'] }],
    ['webhook.deleted', { ...common, by: 'an admin' }],
  ]);
  for (const { type, data } of events) expect(EVENT_DATA[type].parse(data)).toEqual(data);
  for (const { tenantId, tenantName } of events) expect([tenantId, tenantName]).toEqual([null, null]);
});

test('that an upgrade of the fleet begins, pauses, goes on and ends is told, with how many tenants; what else changes of it is not', async () => {
  const before = await newest();
  const [id, tenantId] = [randomUUID(), randomUUID()];
  await inTransaction(api, async (session) => {
    await session.query(
      `INSERT INTO "FleetUpgrade" (id, version, canary, concurrency, "pauseOnFailures", "requestedBy") VALUES ($1, 7, 1, 1, 1, 'an admin')`,
      [id],
    );
    await session.query(
      `INSERT INTO "FleetTenant" ("upgradeId", "tenantId", "tenantName", position) VALUES ($1, $2, 'acme', 1)`,
      [id, tenantId],
    );
  });
  const update = (session: Pool, columns: string) =>
    session.query(`UPDATE "FleetUpgrade" SET ${columns} WHERE id = $1`, [id]);
  await update(worker, `state = 'paused', reason = '1 tenants failed'`);
  await update(worker, `reason = 'by a person'`);
  await update(api, `state = 'running', reason = NULL`);
  await worker.query(`UPDATE "FleetTenant" SET state = 'failed' WHERE "upgradeId" = $1`, [id]);
  await update(worker, `state = 'done', "endedAt" = now()`);
  await update(api, `state = 'running', "endedAt" = NULL`);
  await update(api, `state = 'cancelled'`);
  await update(worker, `"endedAt" = now()`);
  const events = await eventsAfter(before);
  const common = { upgradeId: id, version: 7 };
  const counts = { done: 0, failed: 1, left: 0, cancelled: 0 };
  expect(events.map(({ type, data }) => [type, data])).toEqual([
    ['fleet.upgrade-started', { ...common, by: 'an admin', tenants: 1 }],
    ['fleet.upgrade-paused', { ...common, reason: '1 tenants failed' }],
    ['fleet.upgrade-resumed', common],
    ['fleet.upgrade-ended', { ...common, state: 'done', counts }],
    ['fleet.upgrade-resumed', common],
    ['fleet.upgrade-ended', { ...common, state: 'cancelled', counts }],
  ]);
  expect(new Set(events.map(({ type }) => type))).toEqual(new Set(EVENT_NAMES.filter((it) => it.startsWith('fleet.'))));
  for (const { type, data } of events) expect(EVENT_DATA[type].parse(data)).toEqual(data);
});

test.each(OPERATION_STATES.filter((it) => it !== 'requested'))(
  'an operation that comes to be %s is told',
  async (state) => {
    const tenant = await insertTenant(api);
    const isOpen = OPEN_STATES.some((it) => it === state);
    await updateOperation(
      worker,
      tenant,
      `state = '${state}', undoing = ${String(state === 'undoing')}, "startedAt" = now(), "endedAt" = ${isOpen ? 'NULL' : 'now()'}`,
    );
    expect((await typesOf(tenant)).slice(2)).toContain(STATE_EVENTS[state]);
  },
);

test('what changes nothing of that is not told', async () => {
  const tenant = await insertTenant(api);
  const before = await newest();
  await updateTenant(worker, tenant, `"logSeq" = "logSeq" + 1, "purgeAt" = now(), labels = labels, status = status`);
  await updateOperation(worker, tenant, `runs = runs + 1, "sweepAt" = now(), attempts = 3, state = state`);
  expect(await eventsAfter(before)).toEqual([]);
});

test('a request with nothing to do is told as requested and as ended', async () => {
  const tenant = await insertTenant(api);
  await updateOperation(worker, tenant, `state = 'done', "endedAt" = now()`);
  const before = await newest();
  await api.query(
    `INSERT INTO "TenantOperation" (id, "tenantId", kind, state, "requestedBy", "endedAt") VALUES ($1, $2, 'resume', 'done', 'an admin', now())`,
    [randomUUID(), tenant.id],
  );
  expect((await eventsAfter(before)).map(({ type }) => type)).toEqual(['operation.requested', 'operation.ended']);
});

test('a change that is rolled back is no event', async () => {
  const before = await newest();
  await inTransaction(api, insertTenant, 'ROLLBACK');
  expect(await eventsAfter(before)).toEqual([]);
});

test('no function of the master database notifies: queue and lock of that are one for all databases of a server', async () => {
  const { rows } = await owner.query<{ name: string }>(
    `SELECT proname AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosrc ~* 'notify'`,
  );
  expect(rows).toEqual([]);
});

test('a transaction that changed something first and commits last has the larger id: nobody who reads on skips it', async () => {
  const [one, other] = [await insertTenant(api), await insertTenant(api)];
  const before = await newest();
  let between: Row[] = [];
  await inTransaction(worker, async (session) => {
    await updateTenant(session, one, `status = 'active'`);
    await inTransaction(worker, (second) => updateTenant(second, other, `status = 'active'`));
    between = await eventsAfter(before);
  });
  expect(between.map((it) => it.tenantId)).toEqual([other.id]);
  const rest = await eventsAfter(between[0]?.id ?? '');
  expect(rest.map((it) => it.tenantId)).toEqual([one.id]);
});

test('while one is in the midst of its commit, with an id that nobody sees yet, no other gets a larger one', async () => {
  const [one, other] = [await insertTenant(api), await insertTenant(api)];
  // After all that the product has, in the order of names: it holds the commit of one tenant between its event and its
  // end.
  await owner.query(`
    CREATE FUNCTION zz_hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(4711, 1); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER zz_hold AFTER UPDATE ON "Tenant" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.id = '${one.id}') EXECUTE FUNCTION zz_hold();
  `);
  const gate = await owner.connect();
  await gate.query('SELECT pg_advisory_lock(4711, 1)');
  const before = await newest();
  const done: string[] = [];
  const change = (tenant: ChangedTenant, name: string) =>
    updateTenant(worker, tenant, `status = 'active'`).then(() => done.push(name));
  const first = change(one, 'one');
  await until('one waits in its commit', async () => (await waiting()) === 1);
  const second = change(other, 'other');
  await until('the other waits as well', async () => done.includes('other') || (await waiting()) === 2);
  expect(done).toEqual([]);
  expect(await eventsAfter(before)).toEqual([]);
  await gate.query('SELECT pg_advisory_unlock(4711, 1)');
  gate.release();
  await Promise.all([first, second]);
  expect((await eventsAfter(before)).map((it) => it.tenantId)).toEqual([one.id, other.id]);
  await owner.query('DROP FUNCTION zz_hold() CASCADE');
});

test('a commit that does not get its turn in time fails for certain, and has changed nothing', async () => {
  const { rows } = await owner.query<{ settings: string[] }>(
    `SELECT proconfig AS settings FROM pg_proc WHERE proname = 'add_event'`,
  );
  expect(rows[0]?.settings).toContain('lock_timeout=20s');
  const alter = (time: string) =>
    owner.query(`ALTER FUNCTION add_event(text, uuid, uuid, jsonb) SET lock_timeout = '${time}'`);
  await alter('100ms');
  const tenant = await insertTenant(api);
  const before = await newest();
  const gate = await owner.connect();
  await gate.query(`SELECT pg_advisory_lock(hashtextextended('freeflow.events', 0))`);
  const outcome = await updateTenant(worker, tenant, `status = 'active'`).then(() => 'ok', errorCode);
  expect(outcome).toBe(NO_LOCK);
  await gate.query(`SELECT pg_advisory_unlock_all()`);
  gate.release();
  await alter('20s');
  expect(await eventsAfter(before)).toEqual([]);
  await updateTenant(worker, tenant, `status = 'active'`);
  expect((await eventsAfter(before)).map(({ type }) => type)).toEqual(['tenant.status-changed']);
});

/** How many sessions of this database wait for an advisory lock. */
const waiting = async (): Promise<number> => {
  const { rows } = await owner.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return rows[0]?.n ?? 0;
};

test('a reader that goes on by id, beside many writers at once, sees every event and each once', async () => {
  const start = await newest();
  let isWriting = true;
  const writers = Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let turn = 0; turn < 15; turn++)
        await inTransaction(worker, async (session) => {
          const tenant = await insertTenant(session);
          await insertAttempt(session, tenant, 'success');
        });
    }),
  ).finally(() => {
    isWriting = false;
  });
  const read: Row[] = [];
  for (let isLast = false; !isLast;) {
    isLast = !isWriting;
    read.push(...(await eventsAfter(read.at(-1)?.id ?? start, 20)));
  }
  await writers;
  while ((await eventsAfter(read.at(-1)?.id ?? start, 1)).length > 0)
    read.push(...(await eventsAfter(read.at(-1)?.id ?? start, 20)));
  const all = await eventsAfter(start, 10_000);
  expect(all.length).toBe(8 * 15 * 3);
  expect(read.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
});

test("a transaction that somebody leaves open, here or in a tenant's database, holds nothing up", async () => {
  const idle = await owner.connect();
  await idle.query('BEGIN');
  await idle.query('SELECT pg_current_xact_id()');
  await updateTenant(idle, await insertTenant(api), `status = 'active'`);
  const before = await newest();
  const tenant = await insertTenant(api);
  expect((await eventsAfter(before)).map((it) => it.tenantId)).toEqual([tenant.id, tenant.id]);
  await idle.query('ROLLBACK');
  idle.release();
});

test('neither API nor worker writes, changes or deletes an event, and the owner neither changes nor deletes one', async () => {
  await insertTenant(api);
  const insert = `INSERT INTO "Event" (type, "tenantId", "tenantName", data) VALUES ('tenant.gone', gen_random_uuid(), 'x', '{}')`;
  const statements = [
    insert,
    `UPDATE "Event" SET type = 'x'`,
    'DELETE FROM "Event"',
    'TRUNCATE "Event"',
    `SELECT add_event('tenant.gone', (SELECT id FROM "Tenant" LIMIT 1), NULL, '{}')`,
  ];
  const outcome = (pool: Pool | PoolClient, text: string) =>
    pool.query(text).then(
      () => 'ok',
      (error: unknown) => errorCode(error),
    );
  for (const pool of [api, worker])
    for (const text of statements) expect([text, await outcome(pool, text)]).toEqual([text, DENIED]);
  for (const text of statements.slice(1, 4)) expect([text, await outcome(owner, text)]).toEqual([text, DENIED]);
  expect(await outcome(api, 'SELECT expire_events(30, 1)')).toBe(DENIED);
  expect(await outcome(api, 'SELECT 1 FROM "Event"')).toBe('ok');
});

test('the worker deletes what is older than it is to be kept, in batches, never the newest, nor what was that until a day ago, and nothing with 0', async () => {
  const db = createMasterClient(master.workerUrl);
  const age = (days: number) =>
    owner.query(
      `SET session_replication_role = replica; UPDATE "Event" SET "at" = now() - interval '${days} days'; SET session_replication_role = DEFAULT`,
    );
  await owner.query(
    `INSERT INTO "Event" (type, "tenantId", "tenantName", data) SELECT 'step.failed', gen_random_uuid(), 'x', '{}' FROM generate_series(1, 2500)`,
  );
  await age(40);
  const young = await wholeLife();
  const expire = (days: number) => expireRecords(db, 'events', days);
  expect(await expire(0)).toBe(0);
  expect(await expire(50)).toBe(0);
  expect(await expire(30)).toBeGreaterThan(2_500);
  // Whoever has followed until now is at the last of the old ones.
  const [place, ...others] = await eventsAfter('0');
  expect(place?.type).toBe('step.failed');
  expect(others.map(({ tenantId }) => tenantId)).toEqual(Array(15).fill(young.id));
  const last = await newest();
  await age(40);
  expect(await expire(30)).toBe(15);
  expect((await eventsAfter('0')).map(({ id }) => id)).toEqual([last]);
  await db.$disconnect();
});
