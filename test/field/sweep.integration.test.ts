import { randomUUID } from 'node:crypto';
import { tenantNames, OPERATIONS, workflowIdOf } from '@freeflow/contract';
import { Prisma, createMasterClient, type PrismaClient } from '@freeflow/db-master';
import { operationStartOptions, RunClient } from '@freeflow/lib/temporal';
import { claimStatement } from '../../activities/due-operations';
import { purgeStatement, RETENTION } from '../../activities/due-purges';
import type { Due } from '../../activities/sweep';
import { operationStarter } from '../../worker/operation-starter';
import { newName } from '../support/activity-harness';
import { openMaster, type Master } from '../support/master';
import { withPostgres } from '../support/outside';
import { openOperator, type Operator } from '../support/temporal';
import { requestMany, sweepOnce } from './sweep-bench';

const BACKLOG = 10_000;

let master: Master;
let db: PrismaClient;
let operator: Operator;
/** A queue without a worker: what is started there stays as it is. */
const taskQueue = `swept-${randomUUID()}`;

beforeAll(async () => {
  master = await openMaster();
  db = createMasterClient(master.workerUrl, { maxConnections: 6 });
  operator = await openOperator(master.info);
});
// In portions: one statement for all of them takes longer than the server lets one take where it is busy.
beforeEach(async () => {
  const endSome = () => db.$executeRaw`
    UPDATE "TenantOperation" SET state = 'refused', "endedAt" = now()
     WHERE id IN (SELECT id FROM "TenantOperation" WHERE "endedAt" IS NULL LIMIT 1000)`;
  while ((await endSome()) > 0);
});
afterAll(async () => {
  for await (const { workflowId } of operator.client.workflow.list({
    query: `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`,
  })) {
    await operator.client.workflow
      .getHandle(workflowId)
      .terminate('the test is over')
      .catch(() => undefined);
  }
  await operator.close();
  await db.$disconnect();
  await master.drop();
});

const nextSweepIsDue = () => db.$executeRaw`UPDATE "TenantOperation" SET "sweepAt" = now() WHERE "endedAt" IS NULL`;

async function request(
  kind: 'create' | 'hard_delete' | 'suspend' = 'create',
  more: { force?: boolean } = {},
): Promise<Due> {
  const name = newName();
  const { id: tenantId } = await db.tenant.create({ data: { name, ...tenantNames(name) } });
  const { id, requestedBy, force, backend } = await db.tenantOperation.create({
    data: { tenantId, kind, requestedBy: 'test', ...more },
  });
  return { id, tenantId, tenantName: name, kind, requestedBy, force, backend, traceparent: null };
}

const startHere = ({ id: operationId, tenantId, tenantName, kind, requestedBy, backend }: Due) =>
  operator.client.workflow.start(
    OPERATIONS[kind].workflow,
    operationStartOptions({ operationId, tenantId, tenantName, kind, requestedBy, interrupts: [], backend }, taskQueue),
  );

const signalsIn = async (tenantId: string): Promise<number> => {
  const { events } = await operator.client.workflow.getHandle(workflowIdOf(tenantId)).fetchHistory();
  return (events ?? []).filter((it) => it.workflowExecutionSignaledEventAttributes != null).length;
};

test('10,000 operations that were requested during an outage start in order and once each, though two sweeps run at a time', async () => {
  await requestMany(db, newName('q'), BACKLOG);
  const startedBy: [string[], string[]] = [[], []];
  let atOnce = 0;
  let mostAtOnce = 0;
  const startAs =
    (sweep: string[]) =>
    async ({ tenantName }: Due) => {
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      sweep.push(tenantName);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce--;
      return 'started' as const;
    };
  const [one, other] = startedBy.map(startAs) as [ReturnType<typeof startAs>, ReturnType<typeof startAs>];
  // Each sweep ends in its time, and what is left is the next one's.
  while (
    startedBy.flat().length < BACKLOG &&
    (await Promise.all([sweepOnce(db, one), sweepOnce(db, other)])).some((it) => it > 0)
  );
  const started = startedBy.flat();
  expect(started.length).toBe(BACKLOG);
  expect(new Set(started).size).toBe(BACKLOG);
  expect(mostAtOnce).toBeLessThanOrEqual(40);
  // Each takes the oldest that are left; how quick one is beside the other is its own affair.
  for (const sweep of startedBy) expect(sweep).toEqual([...sweep].sort());
  expect(await sweepOnce(db, one)).toBe(0);
});

test('one sweep alone begins them exactly in the order in which they were requested', async () => {
  await requestMany(db, newName('o'), 500);
  const begun: string[] = [];
  await sweepOnce(db, async ({ tenantName }) => {
    begun.push(tenantName);
    return 'started';
  });
  expect(begun).toEqual([...begun].sort());
  expect(begun).toHaveLength(500);
});

test('what two thousand runs have not brought to an end is one of many, and no end of the sweep', async () => {
  await requestMany(db, newName('r'), 3, { runs: '2000', lastRunAt: `now() - interval '11 minutes'` });
  const fresh = await request();
  const seen: string[] = [];
  await sweepOnce(db, async ({ id }) => {
    seen.push(id);
    return 'started';
  });
  expect(seen).toHaveLength(4);
  expect(seen).toContain(fresh.id);
});

test('more broken operations than a portion holds, whose start fails or never ends, delay nothing else, and come after the others from then on', async () => {
  const [broken, well] = [newName('b'), newName('w')];
  await requestMany(db, broken, 150);
  await requestMany(db, well, 150);
  const start =
    (seen: string[]) =>
    ({ tenantName }: Due): Promise<'started'> => {
      seen.push(tenantName);
      if (tenantName === `${broken}000007`) return new Promise(() => undefined);
      return tenantName.startsWith(broken) ? Promise.reject(new Error('poison')) : Promise.resolve('started');
    };
  expect(await sweepOnce(db, start([]))).toBe(150);
  const later = await request();
  const seen: string[] = [];
  await nextSweepIsDue();
  await db.tenantOperation.update({ where: { id: later.id }, data: { sweepAt: null } });
  await sweepOnce(db, start(seen));
  expect(seen[0]).toBe(later.tenantName);
});

test('without a look at what runs, all that is due are started, which no run is harmed by', async () => {
  const { id } = await request();
  const seen: string[] = [];
  await sweepOnce(
    db,
    async (it) => {
      seen.push(it.id);
      return 'running';
    },
    async () => {
      throw new Error('visibility is away');
    },
  );
  expect(seen).toEqual([id]);
});

test('what has a run of its own is left alone; what has none, or only the run of another operation, is started', async () => {
  const [running, lost, requested] = [await request(), await request(), await request()];
  await startHere(running);
  await startHere(lost);
  await operator.client.workflow.getHandle(workflowIdOf(lost.tenantId)).terminate('by hand');
  const runs = new RunClient(operator.client, taskQueue);
  const find = (operations: readonly Due[]) => runs.findOpenRuns(operations);
  // Visibility is a moment late.
  while ((await find([running, lost, requested])).size !== 1);
  const asked: string[] = [];
  const real = operationStarter(runs);
  expect(
    await sweepOnce(
      db,
      (it) => {
        asked.push(it.id);
        return real(it);
      },
      find,
    ),
  ).toBe(2);
  expect(asked).toEqual([lost.id, requested.id]);
  while ((await find([running, lost, requested])).size !== 3);
  await nextSweepIsDue();
  asked.length = 0;
  expect(
    await sweepOnce(
      db,
      (it) => {
        asked.push(it.id);
        return real(it);
      },
      find,
    ),
  ).toBe(0);
  expect(asked).toEqual([]);
});

test('a forced deletion that waits interrupts each run in its way once, however often the sweep comes', async () => {
  const inTheWay = await request('suspend');
  const deletion: Due = { ...inTheWay, id: randomUUID(), kind: 'hard_delete', force: true };
  const start = operationStarter(new RunClient(operator.client, taskQueue));
  await startHere(inTheWay);
  for (let round = 0; round < 10; round++) expect(await start(deletion)).toBe('running');
  // Another worker's sweep is no other asker.
  const another = await openOperator(master.info);
  await operationStarter(new RunClient(another.client, taskQueue))(deletion);
  await another.close();
  expect(await signalsIn(inTheWay.tenantId)).toBe(1);
  await operator.client.workflow.getHandle(workflowIdOf(inTheWay.tenantId)).terminate('by hand');
  await startHere({ ...inTheWay, id: randomUUID() });
  await Promise.all([start(deletion), start(deletion), start(deletion)]);
  expect(await signalsIn(inTheWay.tenantId)).toBe(1);
});

test('its own run is never interrupted by it', async () => {
  const deletion = await request('hard_delete', { force: true });
  const start = operationStarter(new RunClient(operator.client, taskQueue));
  expect([await start(deletion), await start(deletion)]).toEqual(['started', 'running']);
  expect(await signalsIn(deletion.tenantId)).toBe(0);
});

describe('overdue purges', () => {
  const insertDeleted = async (purgeAt: Date, holdUntil: Date | null = null, deletionProtected = false) => {
    const name = newName('p');
    return (
      await db.tenant.create({
        data: { name, ...tenantNames(name), status: 'deleted', purgeAt, holdUntil, deletionProtected },
      })
    ).id;
  };
  const purges = async () =>
    (await db.tenantOperation.findMany({ where: { requestedBy: RETENTION, endedAt: null } }))
      .map((it) => it.tenantId)
      .sort();
  const [past, future] = [new Date(Date.now() - 60_000), new Date(Date.now() + 3_600_000)];
  afterEach(() => db.tenant.updateMany({ where: { status: 'deleted' }, data: { purgeAt: null } }));

  test('are accepted portion by portion, once each, and those on hold, protected or busy stay as they are', async () => {
    const due = await Promise.all(Array.from({ length: 5 }, () => insertDeleted(past)));
    const [held, busy] = [await insertDeleted(past, future), await insertDeleted(past), await insertDeleted(future)];
    await insertDeleted(past, null, true);
    await insertDeleted(past, past, true);
    await db.tenantOperation.create({ data: { tenantId: busy, kind: 'restore', requestedBy: 'test' } });
    for (const left of [3, 1, 0]) {
      await db.$executeRaw(purgeStatement(2));
      expect((await purges()).length).toBe(5 - left);
    }
    await db.$executeRaw(purgeStatement(2));
    expect(await purges()).toEqual(due.sort());
    expect(await purges()).not.toContain(held);
  });

  test('are accepted once a hold is over, or protection is taken off', async () => {
    const [held, kept] = [await insertDeleted(past, future), await insertDeleted(past, null, true)];
    await sweepOnce(db, async () => 'started');
    expect(await purges()).toEqual([]);
    await db.tenant.update({ where: { id: held }, data: { holdUntil: past } });
    await db.tenant.update({ where: { id: kept }, data: { deletionProtected: false } });
    await sweepOnce(db, async () => 'started');
    expect(await purges()).toEqual([held, kept].sort());
  });

  test('are not held up by one whose tenant is locked', async () => {
    const [locked, free] = [await insertDeleted(past), await insertDeleted(past)];
    await withPostgres(master.ownerUrl, async (session) => {
      await session.query('BEGIN');
      await session.query('SELECT 1 FROM "Tenant" WHERE id = $1 FOR UPDATE', [locked]);
      await sweepOnce(db, async () => 'started');
      expect(await purges()).toEqual([free]);
      await session.query('ROLLBACK');
    });
    await sweepOnce(db, async () => 'started');
    expect(await purges()).toEqual([locked, free].sort());
  });
});

test.each(['fresh', 'analyzed'])(
  'with 50,000 operations no statement of a sweep reads through the whole table (%s)',
  async (how) => {
    if (how === 'fresh') await requestMany(db, newName('x'), 50_000, { state: `'done'`, endedAt: 'now()' });
    await requestMany(db, newName('y'), 5_000);
    if (how === 'analyzed') await withPostgres(master.ownerUrl, (owner) => owner.query('ANALYZE'));
    // Which of several small indexes a planner takes that has counted nothing yet is its own affair.
    const by = (index: RegExp) => (how === 'fresh' ? /Index/ : index);
    const statements = [
      { statement: claimStatement(new Date(), 100), index: by(/TenantOperation_sweep_idx/) },
      { statement: purgeStatement(500), index: by(/Tenant_purge_due_idx/) },
    ];
    for (const { statement, index } of statements) {
      const plan = await db.$queryRaw<Record<string, string>[]>(Prisma.sql`EXPLAIN ${statement}`);
      const text = plan.map((it) => it['QUERY PLAN']).join('\n');
      expect(text).toMatch(index);
      expect(text).not.toMatch(/Seq Scan on "Tenant(Operation)?"/);
    }
  },
);
