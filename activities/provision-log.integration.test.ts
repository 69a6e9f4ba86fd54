import { setTimeout as delay } from 'node:timers/promises';
import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { appendLog, recordLostAttempts, type Attempt } from './provision-log';

const BOTH_WAIT_MS = 500;

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

/** A step of which two attempts write their rows at the same time, both waiting for the tenant's row. */
async function atTheSameTime(write: (attempt: Omit<Attempt, 'attempt'>) => Promise<unknown>[]) {
  const { tenantId, operationId, runId } = await harness.newTenant();
  let writing: Promise<unknown> | undefined;
  await harness.db.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT 1 FROM "Tenant" WHERE id = ${tenantId}::uuid FOR UPDATE`;
    writing = Promise.all(
      write({ tenantId, operationId, runId, step: 'postgres.create', activityId: '1', scheduledAtMs: 0 }),
    );
    await delay(BOTH_WAIT_MS);
  });
  await writing;
  const log = await harness.db.tenantProvisionLog.findMany({ where: { tenantId }, orderBy: { seq: 'asc' } });
  return log.map(({ seq, attempt }) => [Number(seq), attempt]);
}

test('two attempts record the same lost one at the same time: one row, and the numbers of the log have no gap', async () => {
  const seen = await atTheSameTime((attempt) =>
    [2, 3].map((it) => recordLostAttempts(harness.db, { ...attempt, attempt: it })),
  );
  expect(seen).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

test('two attempts of a step report at the same time: each has a number of its own', async () => {
  const outcome = { status: 'error', message: 'conflict: it changed', durationMs: 1 } as const;
  const seen = await atTheSameTime((attempt) =>
    [1, 2].map((it) => appendLog(harness.db, { ...attempt, attempt: it }, outcome)),
  );
  expect(seen).toEqual([
    [1, 1],
    [2, 2],
  ]);
});
