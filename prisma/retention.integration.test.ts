import { errorCode } from '@freeflow/lib/pg';
import { Pool } from 'pg';
import { expireOperations, OPERATION_PARTS, type OperationRetention } from '../activities/expire-operations';
import { openMaster, type Master } from '../test/support/master';
import { endedOperation, insertTenant, updateTenant, type ChangedTenant } from '../test/support/tenant-changes';
import { until } from '../test/support/until';
import { createMasterClient } from './client';
import type { PrismaClient } from './generated/client';

const DENIED = '42501';
const OLD: OperationRetention = { operationDays: 100, logDays: 100 };

let master: Master;
let owner: Pool;
let db: PrismaClient;

beforeAll(async () => {
  master = await openMaster();
  owner = new Pool({ connectionString: master.ownerUrl, max: 4 });
  owner.on('error', () => undefined);
  db = createMasterClient(master.workerUrl, { maxConnections: 1 });
});
afterAll(async () => {
  await Promise.all([owner.end(), db.$disconnect()]);
  await master.drop();
});

/** A living tenant whose create has ended long ago. */
async function newTenant(assignments = `status = 'active'`): Promise<ChangedTenant> {
  const tenant = await insertTenant(owner);
  await owner.query(
    `UPDATE "TenantOperation" SET state = 'done', "fromStatus" = 'provisioning', "endedAt" = now() - interval '900 days' WHERE id = $1`,
    [tenant.operationId],
  );
  await updateTenant(owner, tenant, assignments);
  return tenant;
}

/** Goes through all parts; tells where the first of them is to go on. */
async function expire(retention = OLD, from: string | null = null, batchSize = 200): Promise<string | null> {
  let goesOnAt: string | null = null;
  for (const part of OPERATION_PARTS)
    await expireOperations(db, part, retention, part === 'ended operations' ? from : null, {
      batchSize,
      onBatch: (place) => {
        if (part === 'ended operations') goesOnAt = place;
      },
    });
  return goesOnAt;
}

/** Which of these operations are there, and which of them have a log. */
async function standing(ids: readonly string[]): Promise<{ operations: boolean[]; logs: boolean[] }> {
  const { rows } = await owner.query<{ id: string; isThere: boolean; hasLog: boolean }>(
    `SELECT given.id, EXISTS (SELECT FROM "TenantOperation" o WHERE o.id = given.id) AS "isThere",
            EXISTS (SELECT FROM "TenantProvisionLog" l WHERE l."operationId" = given.id) AS "hasLog"
       FROM unnest($1::uuid[]) WITH ORDINALITY AS given(id, at) ORDER BY given.at`,
    [ids],
  );
  return { operations: rows.map((it) => it.isThere), logs: rows.map((it) => it.hasLog) };
}

test('an old operation that another one of its kind and outcome has followed goes, with its log and the keys of its answers', async () => {
  const tenant = await newTenant();
  const ids = [await endedOperation(owner, tenant, { days: 300 }), await endedOperation(owner, tenant, { days: 200 })];
  await owner.query(
    `INSERT INTO "OperationAnswer" (id, principal, "idempotencyKey", "bodyHash", "tenantId", "operationId", action, state)
     SELECT gen_random_uuid(), 'me', id::text, 'hash', $2, id, 'retry', 'given' FROM unnest($1::uuid[]) id`,
    [ids, tenant.id],
  );
  await expire();
  expect(await standing(ids)).toEqual({ operations: [false, true], logs: [false, false] });
  const { rows } = await owner.query<{ id: string }>(
    'SELECT "operationId" AS id FROM "OperationAnswer" WHERE "tenantId" = $1',
    [tenant.id],
  );
  expect(rows.map(({ id }) => id)).toEqual([ids[1]]);
});

/** What each has before the one that is to stay, and after it. */
type Story = (tenant: ChangedTenant) => Promise<string>;
const followed =
  (options: Parameters<typeof endedOperation>[2]): Story =>
  async (tenant) => {
    const id = await endedOperation(owner, tenant, options);
    await endedOperation(owner, tenant, { days: 10 });
    return id;
  };
const STAYS: Readonly<Record<string, Story>> = {
  'younger than the retention': followed({ days: 99 }),
  'the last of its kind': followed({ days: 300, kind: 'resume' }),
  'the last of its outcome': followed({ days: 300, state: 'rolled_back' }),
  'the last that did something, however many had nothing to do since': async (tenant) => {
    const id = await endedOperation(owner, tenant, { days: 300, kind: 'soft_delete' });
    for (const days of [200, 10])
      await endedOperation(owner, tenant, { days, kind: 'soft_delete', fromStatus: null, log: false });
    return id;
  },
  'the last adoption of its resource': async (tenant) => {
    const id = await endedOperation(owner, tenant, { days: 300, kind: 'adopt', backend: 'qdrant' });
    await endedOperation(owner, tenant, { days: 10, kind: 'adopt', backend: 'mongodb' });
    return id;
  },
  'of a tenant on hold': async (tenant) => {
    await updateTenant(owner, tenant, `"holdUntil" = now() + interval '1 day', "holdReason" = 'a lawsuit'`);
    return followed({ days: 300 })(tenant);
  },
  'named by the audit trail': async (tenant) => {
    const id = await followed({ days: 300 })(tenant);
    await owner.query(
      `INSERT INTO "AuditEvent" (id, channel, action, outcome, "operationId") VALUES (gen_random_uuid(), 'api', 'tenants.suspend', 'accepted', $1)`,
      [id],
    );
    return id;
  },
  'what a pending purge waits on': async (tenant) => {
    await updateTenant(owner, tenant, `status = 'deleted', "purgeAt" = now() + interval '1 day'`);
    return endedOperation(owner, tenant, { days: 300, kind: 'soft_delete' });
  },
  'open, requested long ago': (tenant) => openOperation(tenant, 'running'),
  'parked for long': (tenant) => openOperation(tenant, 'parked'),
};

async function openOperation(tenant: ChangedTenant, state: string): Promise<string> {
  const id = await endedOperation(owner, tenant, { days: 300 });
  await owner.query('UPDATE "TenantOperation" SET state = $2::"OperationState", "endedAt" = NULL WHERE id = $1', [
    id,
    state,
  ]);
  await endedOperation(owner, tenant, { days: 10 });
  return id;
}

test.each(Object.entries(STAYS))('an operation stays that is %s', async (what, story) => {
  const tenant = await newTenant();
  const other = await endedOperation(owner, tenant, { days: 500 });
  await endedOperation(owner, tenant, { days: 5 });
  const id = await story(tenant);
  await expire({ operationDays: 100, logDays: 0 });
  expect(await standing([id])).toEqual({ operations: [true], logs: [true] });
  // It has looked at this tenant.
  expect((await standing([other])).operations).toEqual([what === 'of a tenant on hold']);
});

test('the log of what is open or parked, or of a tenant on hold, stays whatever its age', async () => {
  const tenants = await Promise.all([newTenant(), newTenant(), newTenant()]);
  const [running, parked, held] = tenants as [ChangedTenant, ChangedTenant, ChangedTenant];
  await updateTenant(owner, held, `"holdUntil" = now() + interval '1 day', "holdReason" = 'a lawsuit'`);
  const ids = [
    await openOperation(running, 'running'),
    await openOperation(parked, 'parked'),
    await endedOperation(owner, held, { days: 300 }),
  ];
  await expire({ operationDays: 30, logDays: 30 });
  expect((await standing(ids)).logs).toEqual([true, true, true]);
  await updateTenant(owner, held, `"holdUntil" = now() - interval '1 second'`);
  await expire({ operationDays: 30, logDays: 30 });
  expect((await standing(ids)).logs).toEqual([true, true, false]);
});

test('of a tenant that is gone its last operation stays, and the proof that nothing is left; its name, ledger and nonces stay', async () => {
  const tenant = await newTenant();
  await owner.query(
    `INSERT INTO "TenantResource" (id, "tenantId", kind, name, state, nonce) VALUES (gen_random_uuid(), $1, 'qdrant', 'x', 'absent', gen_random_uuid())`,
    [tenant.id],
  );
  const ids = [
    tenant.operationId,
    await endedOperation(owner, tenant, { days: 800, kind: 'suspend' }),
    await endedOperation(owner, tenant, { days: 700, kind: 'hard_delete', evidence: { backends: [] } }),
    await endedOperation(owner, tenant, { days: 600, kind: 'hard_delete', fromStatus: null }),
  ];
  await updateTenant(owner, tenant, `status = 'deleted', "goneAt" = now() - interval '700 days'`);
  await expire();
  expect((await standing(ids)).operations).toEqual([false, false, true, true]);
  const { rows } = await owner.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM "Tenant" t JOIN "TenantResource" r ON r."tenantId" = t.id WHERE t.id = $1 AND t.name = $2`,
    [tenant.id, tenant.name],
  );
  expect(rows[0]?.n).toBe(1);
});

test('logs go sooner than their operations, those of no operation with them; with 0 they stay as long as these', async () => {
  const tenant = await newTenant();
  const connect = (days: number) =>
    owner.query(
      `INSERT INTO "TenantProvisionLog" (id, "tenantId", step, status, seq, "createdAt")
       VALUES (gen_random_uuid(), $1, 'connect', 'success', -$2::int, now() - make_interval(days => $2::int))`,
      [tenant.id, days],
    );
  const ids = [
    await endedOperation(owner, tenant, { days: 300 }),
    await endedOperation(owner, tenant, { days: 80 }),
    await endedOperation(owner, tenant, { days: 40 }),
  ];
  await connect(61);
  await connect(59);
  await expire({ operationDays: 0, logDays: 0 });
  expect(await standing(ids)).toEqual({ operations: [true, true, true], logs: [true, true, true] });
  await expire({ operationDays: 0, logDays: 60 });
  expect(await standing(ids)).toEqual({ operations: [true, true, true], logs: [false, false, true] });
  await expire({ operationDays: 60, logDays: 0 });
  expect(await standing(ids)).toEqual({ operations: [false, false, true], logs: [false, false, true] });
  const { rows } = await owner.query<{ seq: number }>(
    'SELECT seq FROM "TenantProvisionLog" WHERE "tenantId" = $1 AND "operationId" IS NULL',
    [tenant.id],
  );
  expect(rows.map(({ seq }) => seq)).toEqual([-59]);
});

test('it stops where it is told, goes on there the next time, and begins anew when it has seen all', async () => {
  const tenant = await newTenant();
  const ids = [];
  for (const days of [308, 307, 306, 305]) ids.push(await endedOperation(owner, tenant, { days }));
  const { rows } = await owner.query<{ at: Date }>('SELECT "endedAt" AS at FROM "TenantOperation" WHERE id = $1', [
    ids[0],
  ]);
  const from = `${rows[0]?.at.toISOString() ?? ''}/${ids[0] ?? ''}`;
  const goesOnAt = await expire(OLD, from, 2);
  // Those behind the place, and not the one before it; the last of its kind stays.
  expect((await standing(ids)).operations).toEqual([true, false, false, true]);
  expect(goesOnAt).toBeNull();
  await expire(OLD, goesOnAt, 2);
  expect((await standing(ids)).operations).toEqual([false, false, false, true]);
});

test('what cuts it off in the midst leaves each operation whole or gone, and the next one goes on', async () => {
  const tenant = await newTenant();
  const ids = [];
  for (const days of [308, 307, 306, 305]) ids.push(await endedOperation(owner, tenant, { days }));
  const gate = await owner.connect();
  await gate.query('BEGIN');
  await gate.query('SELECT FROM "TenantProvisionLog" WHERE "operationId" = $1 FOR UPDATE', [ids[2]]);
  const worker = createMasterClient(master.workerUrl, { maxConnections: 1 });
  const cut = expireOperations(worker, 'ended operations', OLD, null, { onBatch: () => undefined }).then(
    () => 'done',
    () => 'cut off',
  );
  const waiting = await until('it waits for a row', async () => {
    const { rows } = await owner.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'freeflow_worker' AND wait_event_type = 'Lock'`,
    );
    return rows[0]?.pid;
  });
  await owner.query('SELECT pg_terminate_backend($1)', [waiting]);
  expect(await cut).toBe('cut off');
  expect(await standing(ids)).toEqual({ operations: [true, true, true, true], logs: [true, true, true, true] });
  await gate.query('ROLLBACK');
  gate.release();
  await worker.$disconnect();
  await expire();
  expect((await standing(ids)).operations).toEqual([false, false, false, true]);
});

test('what is too much at once is gone through in smaller batches, and one that is too much by itself holds up none behind it', async () => {
  const tenant = await newTenant();
  const ids = [];
  for (const days of [308, 307, 306, 305, 304]) ids.push(await endedOperation(owner, tenant, { days }));
  const gate = await owner.connect();
  await gate.query('BEGIN');
  await gate.query('SELECT FROM "TenantProvisionLog" WHERE "operationId" = $1 FOR UPDATE', [ids[2]]);
  const skipped: string[] = [];
  const places: (string | null)[] = [];
  try {
    await expireOperations(db, 'ended operations', OLD, null, {
      batchMs: 300,
      singleMs: 300,
      onBatch: (place) => places.push(place),
      onSkipped: (id) => skipped.push(id),
    });
  } finally {
    await gate.query('ROLLBACK');
    gate.release();
  }
  expect(skipped).toEqual([ids[2]]);
  expect(places.at(-1)).toBeNull();
  expect((await standing(ids)).operations).toEqual([false, false, true, false, true]);
  await expire();
  expect((await standing(ids)).operations).toEqual([false, false, false, false, true]);
});

test('rows of the log that are of no operation go by their own age, also of a tenant that has had none which ended, and not of one on hold', async () => {
  const registered = await insertTenant(owner);
  const held = await insertTenant(owner);
  await updateTenant(owner, held, `"holdUntil" = now() + interval '1 day', "holdReason" = 'a lawsuit'`);
  for (const { id } of [registered, held])
    for (const days of [101, 99])
      await owner.query(
        `INSERT INTO "TenantProvisionLog" (id, "tenantId", step, status, seq, "createdAt")
         VALUES (gen_random_uuid(), $1, 'connect', 'success', $2::int, now() - make_interval(days => $2::int))`,
        [id, days],
      );
  await expire();
  const kept = async (id: string) =>
    (
      await owner.query<{ seq: number }>('SELECT seq FROM "TenantProvisionLog" WHERE "tenantId" = $1 ORDER BY seq', [
        id,
      ])
    ).rows.map(({ seq }) => seq);
  expect(await kept(registered.id)).toEqual([99]);
  expect(await kept(held.id)).toEqual([99, 101]);
});

test('keys of answers to all that was stuck go with the operations of their time', async () => {
  const insert = (days: number) =>
    owner.query(
      `INSERT INTO "OperationAnswer" (id, principal, "idempotencyKey", "bodyHash", action, state, "createdAt")
       VALUES (gen_random_uuid(), 'all', $1::text, 'hash', 'retry-all', 'given', now() - make_interval(days => $1::int))`,
      [days],
    );
  await insert(101);
  await insert(99);
  await expire();
  const { rows } = await owner.query<{ key: string }>(
    `SELECT "idempotencyKey" AS key FROM "OperationAnswer" WHERE principal = 'all'`,
  );
  expect(rows).toEqual([{ key: '99' }]);
});

describe('by the logins of the processes', () => {
  const outcome = (url: string, text: string, values: unknown[] = []) =>
    withPool(url, (pool) =>
      pool.query(text, values).then(
        () => 'ok',
        (error: unknown) => errorCode(error),
      ),
    );
  const CALL = 'SELECT * FROM expire_operations($1, $2, NULL, NULL, 1)';

  test.each(['apiUrl', 'workerUrl'] as const)('%s deletes no operation and no log by itself', async (login) => {
    for (const table of ['TenantOperation', 'TenantProvisionLog', 'OperationAnswer'])
      for (const text of [`DELETE FROM "${table}"`, `TRUNCATE "${table}"`])
        expect([text, await outcome(master[login], text)]).toEqual([text, DENIED]);
  });

  test('the worker has nothing deleted that has ended less than thirty days ago, and the API nothing at all', async () => {
    expect(await outcome(master.workerUrl, CALL, [30, 30])).toBe('ok');
    for (const days of [
      [29, 30],
      [30, 29],
      [-1, 0],
      [0, 1],
    ])
      expect(await outcome(master.workerUrl, CALL, days)).toBe('22023');
    expect(await outcome(master.apiUrl, CALL, [30, 30])).toBe(DENIED);
    const ofNone = 'SELECT * FROM expire_tenant_logs($1, NULL, NULL, 1)';
    expect(await outcome(master.workerUrl, ofNone, [30])).toBe('ok');
    for (const days of [29, -1, null]) expect(await outcome(master.workerUrl, ofNone, [days])).toBe('22023');
    expect(await outcome(master.apiUrl, ofNone, [30])).toBe(DENIED);
  });
});

async function withPool<T>(connectionString: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = new Pool({ connectionString, max: 1 });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
