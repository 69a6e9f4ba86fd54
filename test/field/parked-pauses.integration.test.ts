import { randomUUID } from 'node:crypto';
import { afterFailure, pauseMsOf, type WaitingStep } from '../../workflows/next-move';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';

const MINUTE = 60_000;
const failure = { cause: 'it is away', advice: 'Wait.' };
const settings = { patienceMs: 0, parkedRetryMs: 10 * MINUTE };
const parked: WaitingStep = { ...failure, failedSince: 0, rounds: 3, park: { id: 1, since: 0 }, parkedRounds: 1 };

/** The pauses of a step that goes on failing, in minutes. */
function pausesOf(from: WaitingStep, count: number, parkedRetryMs = settings.parkedRetryMs): number[] {
  const pauses: number[] = [];
  for (let waiting = from; pauses.length < count; waiting = afterFailure(waiting, failure, 0))
    pauses.push(pauseMsOf(waiting, { ...settings, parkedRetryMs }, 0) / MINUTE);
  return pauses;
}

test('a parked step is tried by itself ever more slowly, every hour at least, and as at first after a retry', () => {
  expect(pausesOf(parked, 6)).toEqual([10, 20, 40, 60, 60, 60]);
  const answered = { ...parked, parkedRounds: 40, answer: { action: 'retry', by: 'a test' } } as const;
  expect(pausesOf(afterFailure(answered, failure, 0), 3)).toEqual([10, 20, 40]);
  expect(pausesOf({ ...parked, parkedRounds: 5_000 }, 1)).toEqual([60]);
});

test('who has configured longer pauses than an hour has them', () => {
  expect(pausesOf(parked, 3, 120 * MINUTE)).toEqual([120, 120, 120]);
});

test('no pause outlasts the time after which a parked create is given up', () => {
  expect(pauseMsOf({ ...parked, parkedRounds: 9 }, { ...settings, giveUpAfterMs: 25 * MINUTE }, 20 * MINUTE)).toBe(
    5 * MINUTE,
  );
});

describe('in the master database', () => {
  let harness: ActivityHarness;
  beforeAll(async () => {
    harness = await openActivityHarness();
  });
  afterAll(() => harness.close());

  test('once a run goes on with an operation, what the run before it has left at work writes and does nothing any more', async () => {
    const before = await harness.newTenant();
    const after = { ...before, runId: randomUUID() };
    const input = { previousRunId: before.runId };
    // Twice: the answer to the first may have been lost.
    for (const _ of [1, 2])
      expect(await harness.run('continue-operation', after, {}, input)).toEqual({ isOver: false });
    for (const step of ['park', 'start-rollback', 'activate'] as const) {
      await expect(
        harness.run(step, before, {}, { rollbackReason: { step: 'x', ...failure }, steps: [] }),
      ).rejects.toMatchObject({ type: 'superseded', nonRetryable: true });
    }
    for (const step of ['postgres.create', 'qdrant.drop'] as const)
      await expect(harness.run(step, before)).rejects.toMatchObject({ type: 'superseded', nonRetryable: true });
    expect(await harness.run('park', after, {}, { steps: [{ step: 'x', ...failure }] })).toBeUndefined();
    expect(await harness.db.tenantOperation.findUniqueOrThrow({ where: { id: before.operationId } })).toMatchObject({
      runId: after.runId,
      state: 'parked',
      runs: 0,
    });
  });

  test('a run goes on only with what the run before it worked on, and not with what has ended', async () => {
    const tenant = await harness.newTenant();
    await expect(
      harness.run('continue-operation', { ...tenant, runId: randomUUID() }, {}, { previousRunId: randomUUID() }),
    ).rejects.toMatchObject({ type: 'superseded', nonRetryable: true });
    await harness.run('activate', tenant);
    expect(
      await harness.run('continue-operation', { ...tenant, runId: randomUUID() }, {}, { previousRunId: tenant.runId }),
    ).toEqual({ isOver: true });
  });

  test('a forced deletion whose signal came to the run before is known to the next', async () => {
    const tenant = await harness.newTenant();
    await harness.db.tenantOperation.create({
      data: { tenantId: tenant.tenantId, kind: 'hard_delete', force: true, requestedBy: 'a test' },
    });
    const after = { ...tenant, runId: randomUUID() };
    expect(await harness.run('continue-operation', after, {}, { previousRunId: tenant.runId })).toMatchObject({
      interrupted: { step: 'interrupted' },
    });
    await harness.run('start-rollback', after, {}, { rollbackReason: { step: 'interrupted', ...failure } });
    // What the undo of a rotation can not do is left for it as well; an undo that is insisted on takes no notice.
    expect(await harness.run('continue-operation', after, {}, { previousRunId: tenant.runId })).toMatchObject({
      interrupted: { step: 'interrupted' },
      isLeft: true,
    });
  });
});
