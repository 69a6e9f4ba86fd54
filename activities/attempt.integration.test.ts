import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createMasterClient, type Prisma, type PrismaClient } from '@freeflow/db-master';
import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { BackendFault, messageOf } from '../backends/failures';
import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { inDatabase } from '../test/support/master';
import { startProxy, type TcpProxy } from '../test/support/tcp-proxy';
import { currentAttempt, runAttempt, type StepContext, type StepInput } from './attempt';
import { recordLostAttempts } from './provision-log';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

/** An activity with one step, which is carried out by `run`. */
const createStep = (run: (context: StepContext) => Promise<string>) => (input: StepInput) =>
  runAttempt(harness.db, currentAttempt('postgres.create', input), input, run);

type Cut = (db: PrismaClient, proxy: TcpProxy) => Promise<unknown>;
const CUTS: [string, Cut][] = [
  [
    'before the reply to a query',
    (db, proxy) => {
      proxy.trouble({ kind: 'drop-replies', after: 0 });
      return db.tenant.count();
    },
  ],
  [
    'before the reply to a query of a transaction',
    (db, proxy) => {
      proxy.trouble({ kind: 'drop-replies', after: 1 });
      return db.$transaction((tx) => tx.tenant.count());
    },
  ],
  [
    'between two queries of a transaction',
    (db, proxy) =>
      db.$transaction(async (tx) => {
        await tx.tenant.count();
        proxy.renew();
        await delay(100);
        return tx.tenant.count();
      }),
  ],
];

test.each(CUTS)(
  'the connection to the master database is cut %s: told as that, not as something unknown',
  async (_, cut) => {
    const [{ database }] = await harness.db.$queryRaw<[{ database: string }]>`SELECT current_database() AS database`;
    const url = new URL(inDatabase(harness.info.masterDatabase.workerUrl, database));
    const proxy = await startProxy(url.hostname, Number(url.port));
    url.port = String(proxy.port);
    const db = createMasterClient(url.href, { maxConnections: 1 });
    const tenant = await harness.newTenant();
    const step = createStep(async () => {
      await db.tenant.count();
      return String(await cut(db, proxy));
    });
    const environment = new MockActivityEnvironment({
      workflowExecution: { workflowId: `tenant-${tenant.tenantId}`, runId: tenant.runId },
    });
    await expect(environment.run(step, tenant)).rejects.toMatchObject({
      type: 'master-database',
      details: [{ advice: expect.stringContaining('The master database does not answer') }],
    });
    await db.$disconnect();
    await proxy.close();
  },
);

test.each([
  ['CANCELLED', 'cancelled before it did anything: the operation is being undone'],
  ['NOT_FOUND', 'superseded: Temporal has given up this attempt (NOT_FOUND) before it did anything'],
] as const)('an attempt that is cancelled by %s before it did anything reports why', async (reason, message) => {
  const tenant = await harness.newTenant();
  const environment = new MockActivityEnvironment({
    workflowExecution: { workflowId: `tenant-${tenant.tenantId}`, runId: tenant.runId },
  });
  const step = createStep(async ({ cancelled }) => {
    environment.cancel(reason);
    cancelled.throwIfAborted();
    return 'done';
  });
  await expect(environment.run(step, tenant)).rejects.toBeInstanceOf(CancelledFailure);
  expect(await harness.db.tenantProvisionLog.findMany({ where: { tenantId: tenant.tenantId } })).toMatchObject([
    { status: 'error', message },
  ]);
});

/** One attempt of a scheduled activity, and how it ends; in the meantime others may have gone on. */
function attemptAt(
  tenant: Awaited<ReturnType<ActivityHarness['newTenant']>>,
  attempt: number,
  meanwhile: () => Promise<unknown>,
  { activityId = '1', ...more }: { isForward?: true; activityId?: string } = {},
) {
  const info = {
    attempt,
    activityId,
    currentAttemptScheduledTimestampMs: Date.now(),
    workflowExecution: { workflowId: `tenant-${tenant.tenantId}`, runId: tenant.runId },
  };
  const step = createStep(async () => {
    await meanwhile();
    return 'made';
  });
  return new MockActivityEnvironment(info).run(step, { ...tenant, ...more });
}

const fails = () => Promise.reject(new BackendFault('unreachable', 'postgres: no answer'));
const logOf = async ({ tenantId }: { tenantId: string }) =>
  (await harness.db.tenantProvisionLog.findMany({ where: { tenantId }, orderBy: { seq: 'asc' } })).map(
    ({ message, attempt }) => `${attempt} ${message}`,
  );
const LOST = 'lost: the worker ended or was cut off before it could report';
const LATE = 'superseded: it went on without this attempt, which failed with unreachable: postgres: no answer';

test('an attempt that was taken for dead fails after another one has succeeded: reported as such, and the operation needs no attention', async () => {
  const tenant = await harness.newTenant();
  const first = attemptAt(tenant, 1, async () => {
    await attemptAt(tenant, 2, async () => undefined);
    await fails();
  });
  await expect(first).rejects.toMatchObject({ type: 'unreachable' });
  expect(await logOf(tenant)).toEqual([`1 ${LOST}`, '2 made', `3 ${LATE}`]);
  expect(await harness.db.tenantOperation.findUnique({ where: { id: tenant.operationId } })).toMatchObject({
    step: null,
    cause: null,
    attempts: 0,
  });
});

test('so does one whose step was parked and scheduled anew since', async () => {
  const tenant = await harness.newTenant();
  const first = attemptAt(tenant, 1, async () => {
    await attemptAt(tenant, 1, async () => undefined, { activityId: '2' });
    await fails();
  });
  await expect(first).rejects.toMatchObject({ type: 'unreachable' });
  expect(await logOf(tenant)).toEqual(['1 made', `2 ${LATE}`]);
  expect(await harness.db.tenantOperation.findUnique({ where: { id: tenant.operationId } })).toMatchObject({
    step: null,
    cause: null,
    attempts: 0,
  });
});

test('an attempt that was taken for dead fails while another one is at work; that one is lost in its turn, and reported', async () => {
  const tenant = await harness.newTenant();
  await expect(
    attemptAt(tenant, 1, async () => {
      await recordLostAttempts(harness.db, {
        ...tenant,
        step: 'postgres.create',
        activityId: '1',
        attempt: 2,
        scheduledAtMs: Date.now(),
      });
      await fails();
    }),
  ).rejects.toMatchObject({ type: 'unreachable' });
  await attemptAt(tenant, 3, async () => undefined);
  expect(await logOf(tenant)).toEqual([`1 ${LOST}`, `2 ${LATE}`, `3 ${LOST}`, '4 made']);
});

test('an attempt of an activity that an operator had begun anew is no late one', async () => {
  const tenant = await harness.newTenant();
  await attemptAt(tenant, 2, fails).catch(() => undefined);
  await attemptAt(tenant, 1, fails).catch(() => undefined);
  expect(await logOf(tenant)).toEqual([
    `1 ${LOST}`,
    '2 unreachable: postgres: no answer',
    '3 unreachable: postgres: no answer',
  ]);
});

test.each([
  ['the undo works on it', { state: 'undoing', undoing: true }],
  ['another run works on it', { runId: randomUUID() }],
  ['the operation has ended', { state: 'rolled_back', endedAt: new Date() }],
] as const)('a step forward fails when %s: the cause the operation tells stays', async (_, now) => {
  const tenant = await harness.newTenant();
  const why = { step: 'keycloak.create', cause: 'a cause', attempts: 3 };
  const failed = attemptAt(
    tenant,
    1,
    async () => {
      await harness.db.tenantOperation.update({ where: { id: tenant.operationId }, data: { ...why, ...now } });
      await fails();
    },
    { isForward: true },
  );
  await expect(failed).rejects.toMatchObject({ type: 'unreachable' });
  expect(await logOf(tenant)).toEqual([`1 ${LATE}`]);
  expect(await harness.db.tenantOperation.findUnique({ where: { id: tenant.operationId } })).toMatchObject(why);
});

test("a transaction that the master database refuses at its end is reported with the server's own message", async () => {
  const [one, other] = [await harness.newTenant(), await harness.newTenant()];
  const isolationLevel = 'Serializable';
  // Each reads what the other writes: only one of them can have been the first.
  const reads = (tx: Prisma.TransactionClient, { tenantId }: { tenantId: string }) =>
    tx.tenant.findUniqueOrThrow({ where: { id: tenantId } });
  const writes = (tx: Prisma.TransactionClient, { tenantId }: { tenantId: string }) =>
    tx.tenant.update({ where: { id: tenantId }, data: { logSeq: { increment: 1 } } });
  const error = await harness.db
    .$transaction(
      async (tx) => {
        await reads(tx, one);
        await writes(tx, other);
        await harness.db.$transaction(
          async (inner) => {
            await reads(inner, other);
            await writes(inner, one);
          },
          { isolationLevel },
        );
      },
      { isolationLevel },
    )
    .catch((it: unknown) => it);
  expect(messageOf(error)).toMatch(/could not serialize access/);
});
