import { randomUUID } from 'node:crypto';
import { tenantNames } from '@freeflow/contract';
import { createMasterClient, type PrismaClient } from '@freeflow/db-master';
import { renderMetrics } from '@freeflow/lib/metrics';
import { MockActivityEnvironment } from '@temporalio/testing';
import { newName } from '../test/support/activity-harness';
import { openMaster, type Master } from '../test/support/master';
import { sweepActivities, type Due, type StartOperation } from './sweep';

let master: Master;
let db: PrismaClient;

beforeAll(async () => {
  master = await openMaster();
  db = createMasterClient(master.workerUrl, { maxConnections: 4 });
});
beforeEach(async () => {
  await db.tenantOperation.updateMany({ where: { endedAt: null }, data: { state: 'refused', endedAt: new Date() } });
});
afterAll(async () => {
  await db.$disconnect();
  await master.drop();
});

/** Runs one sweep; gives the operations it asked to be started. */
async function sweep(start: StartOperation = async () => 'started'): Promise<{ asked: string[]; started: number }> {
  const asked: string[] = [];
  const activities = sweepActivities(db, (operation) => {
    asked.push(operation.id);
    return start(operation);
  });
  const { started } = (await new MockActivityEnvironment().run(() => activities.sweep())) as { started: number };
  return { asked, started };
}

async function operation(
  more: { kind?: 'adopt'; backend?: 'qdrant'; runs?: number; lastRunAt?: Date; endedAt?: Date } = {},
): Promise<string> {
  const name = newName();
  const tenant = await db.tenant.create({ data: { name, ...tenantNames(name) } });
  const { id } = await db.tenantOperation.create({
    data: { tenantId: tenant.id, kind: 'create', requestedBy: 'test', ...more },
  });
  return id;
}

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);

test('what has no run is started; what has ended is not', async () => {
  const due = await operation();
  await operation({ endedAt: new Date() });
  expect(await sweep()).toEqual({ asked: [due], started: 1 });
});

test('an adoption is started as such: with its resource, beside whatever else is due', async () => {
  const id = await operation({ kind: 'adopt', backend: 'qdrant' });
  const { tenantId } = await db.tenantOperation.findUniqueOrThrow({ where: { id } });
  const { id: beside } = await db.tenantOperation.create({ data: { tenantId, kind: 'suspend', requestedBy: 'test' } });
  const due: Pick<Due, 'id' | 'kind' | 'backend'>[] = [];
  await sweep(async ({ id: one, kind, backend }) => {
    due.push({ id: one, kind, backend });
    return 'started';
  });
  expect(due.sort((a, b) => a.kind.localeCompare(b.kind))).toEqual([
    { id, kind: 'adopt', backend: 'qdrant' },
    { id: beside, kind: 'suspend', backend: null },
  ]);
});

test('what is started late, a purge as well, is started in the trace of the request that has asked for it', async () => {
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const [purged, waiting] = [newName(), newName()];
  const deleted = { status: 'deleted', purgeAt: ago(60) } as const;
  const request = { requestedBy: 'test', traceparent };
  const soft = { kind: 'soft_delete', state: 'done', endedAt: ago(120), ...request } as const;
  await db.tenant.create({
    data: { name: purged, ...tenantNames(purged), ...deleted, operations: { create: soft } },
  });
  await db.tenant.create({
    data: { name: waiting, ...tenantNames(waiting), operations: { create: { kind: 'create', ...request } } },
  });
  const started: Due[] = [];
  await sweep(async (due) => {
    started.push(due);
    return 'started';
  });
  const startedAs = new Map(started.map(({ tenantName, kind, traceparent: its }) => [tenantName, [kind, its]]));
  expect(startedAs).toEqual(
    new Map([
      [purged, ['purge', traceparent]],
      [waiting, ['create', traceparent]],
    ]),
  );
  await db.tenant.updateMany({ where: { name: purged }, data: { purgeAt: null } });
});

test.each([
  ['a first run of 5 s ago', 1, 5, false],
  ['a first run of 15 s ago', 1, 15, true],
  ['a third run of 30 s ago', 3, 30, false],
  ['a third run of 45 s ago', 3, 45, true],
  ['a hundredth run of 9 minutes ago', 100, 540, false],
  ['a hundredth run of 11 minutes ago', 100, 660, true],
])('%s: the pause grows with the runs, up to ten minutes', async (_, runs, seconds, isDue) => {
  const id = await operation({ runs, lastRunAt: ago(seconds) });
  expect((await sweep()).asked).toEqual(isDue ? [id] : []);
});

test('however many wait for long, the newest has its turn; what can not be started delays nothing else', async () => {
  const names = Array.from({ length: 450 }, () => newName());
  await db.tenant.createMany({ data: names.map((name) => ({ name, ...tenantNames(name) })) });
  const tenants = await db.tenant.findMany({ where: { name: { in: names } } });
  await db.tenantOperation.createMany({
    data: tenants.map(({ id }) => ({
      id: randomUUID(),
      tenantId: id,
      kind: 'create' as const,
      requestedBy: 'test',
      runs: 1,
      lastRunAt: ago(60),
    })),
  });
  const newest = await operation();
  let isFirst = true;
  const { asked, started } = await sweep(async ({ id }) => {
    if (isFirst && id !== newest) {
      isFirst = false;
      throw new Error('cannot be started');
    }
    return id === newest ? 'started' : 'running';
  });
  expect(new Set(asked).size).toBe(451);
  expect(asked).toContain(newest);
  expect(started).toBe(1);
});

test('a sweep has succeeded for operations before webhooks are looked at', async () => {
  const begun = Date.now() / 1_000;
  const succeeded = async () =>
    Number(/^freeflow_sweep_last_success_timestamp_seconds (\S+)$/m.exec(await renderMetrics('worker'))?.[1]);
  let seen = 0;
  const activities = sweepActivities(
    db,
    async () => 'started',
    async () => new Set(),
    async () => undefined,
    async () => {
      seen = await succeeded();
    },
  );
  await new MockActivityEnvironment().run(() => activities.sweep());
  expect(seen).toBeGreaterThanOrEqual(begun);
});
