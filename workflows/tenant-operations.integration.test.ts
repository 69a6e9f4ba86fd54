import {
  BACKEND_KINDS,
  canRollBackAt,
  OPERATION_KINDS,
  isStatusOperation,
  rowOf,
  settlingStepOf,
  workflowIdOf,
} from '@freeflow/contract';
import type { Answer, AnswerAction, BackendVerb, ParkedStep } from '@freeflow/contract';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { openFakeOperations, type FakeOperations } from '../test/support/fake-operations';
import { until } from '../test/support/until';

// The real workflows on the real Temporal; their activities only note that they were called, and fail when they are
// told to. Only the tests retry parked steps.
let fake: FakeOperations;
beforeAll(async () => {
  fake = await openFakeOperations({ patience: { parkedRetryMs: 3_600_000 } });
});
afterEach(() => {
  fake.failing.clear();
  fake.failingForGood.clear();
  fake.returning.delete('start-rollback');
  fake.returning.delete('activate');
  fake.releaseAll();
});
afterAll(() => fake.close());

const handleOf = (id: string) => fake.operator.client.workflow.getHandle(workflowIdOf(id));
const allOf = (verb: BackendVerb) => BACKEND_KINDS.map((backend) => `${backend}.${verb}`);
const atBackends = (id: string) => fake.stepsOf(id).filter((step) => step.includes('.'));
const inRecords = (id: string) => fake.stepsOf(id).filter((step) => !step.includes('.'));

/** Gives an answer; returns the names of the steps that were answered, or why it is refused. */
async function answer(id: string, action: AnswerAction, more: Partial<Answer> = {}): Promise<string[] | string> {
  try {
    return await handleOf(id).executeUpdate<string[], [Answer]>('answer', {
      args: [{ action, by: 'on-call', ...more }],
    });
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
      return error.cause.type ?? '';
    throw error;
  }
}

/** What is recorded as parked, last. */
const parkedSteps = (id: string) => (fake.callsOf(id, 'park').at(-1)?.input['steps'] ?? []) as ParkedStep[];
const isParked = (id: string, ...steps: string[]) =>
  until(`${steps.join(', ')} are parked`, async () =>
    steps.every((step) => parkedSteps(id).some((it) => it.step === step)),
  );
const begins = (id: string, step: string, times = 1) =>
  until(`${step} begins`, async () => fake.callsOf(id, step).length >= times);

describe('forward', () => {
  test.each(OPERATION_KINDS.filter(isStatusOperation))(
    '%s does its plan at every backend, then settles',
    async (kind) => {
      const { forward, goals } = rowOf(kind);
      const id = await fake.start(kind);
      const [goal = 'gone'] = goals;
      const ended = kind === 'retire' ? 'the old credentials of fake are ended' : `fake is ${goal}`;
      expect(await fake.outcomeOf(id)).toBe(goal === 'gone' ? 'nothing of fake is left' : ended);
      const steps = fake.stepsOf(id);
      expect([steps[0], steps.at(-1)]).toEqual(['begin', settlingStepOf(kind, goal)]);
      for (const backend of BACKEND_KINDS)
        expect(atBackends(id).filter((step) => step.startsWith(`${backend}.`))).toEqual(
          forward.map((verb) => `${backend}.${verb}`),
        );
      expect(steps).toHaveLength(2 + forward.length * BACKEND_KINDS.length);
    },
  );

  test('a step is done along with the one before it; where it fails, in an activity of its own', async () => {
    fake.failing.add('qdrant.probe');
    const id = await fake.start('create');
    await isParked(id, 'qdrant.probe');
    fake.failing.clear();
    expect(await answer(id, 'retry')).toEqual(['qdrant.probe']);
    expect(await fake.outcomeOf(id)).toBe('fake is active');
    const { events } = await handleOf(id).fetchHistory();
    const scheduled = events?.flatMap((it) => it.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
    expect(new Set(scheduled?.filter((it) => it.includes('.')))).toEqual(new Set([...allOf('create'), 'qdrant.probe']));
  });

  test('where a tenant is cut off already no backend is touched', async () => {
    const id = await fake.start('soft_delete', { begun: { touchesBackends: false } });
    expect(await fake.outcomeOf(id)).toBe('fake is deleted');
    expect(fake.stepsOf(id)).toEqual(['begin', 'mark-soft-deleted']);
  });

  test('a restored tenant that is to stay suspended is settled as that', async () => {
    const id = await fake.start('restore', { begun: { goal: 'suspended', touchesBackends: false } });
    expect(await fake.outcomeOf(id)).toBe('fake is suspended');
    expect(fake.stepsOf(id)).toEqual(['begin', 'suspend']);
  });

  test('an operation that is refused or over ends with the reason and does nothing', async () => {
    const id = await fake.start('suspend', { begun: { verdict: 'refused', reason: 'fake is gone' } as object });
    expect(await fake.outcomeOf(id)).toBe('fake is gone');
    expect(fake.stepsOf(id)).toEqual(['begin']);
  });
});

describe('rollback', () => {
  test('no undo begins before every step has reported, cancelled ones included', async () => {
    const release = fake.holdStep('keycloak.create');
    // Not in the activity of its create, which may end before it hears of the cancellation.
    fake.holdStep('keycloak.probe');
    // It fails once the others are that far: whatever has not begun by then never begins.
    const letFail = fake.holdStep('postgres.create');
    fake.failingForGood.add('postgres.create');
    const id = await fake.start('create');
    await begins(id, 'keycloak.create');
    await begins(id, 'mongodb.probe');
    await begins(id, 'postgres.create');
    letFail();
    await until('the step in progress is cancelled', async () => {
      const { events } = await handleOf(id).fetchHistory();
      return events?.some((it) => it.activityTaskCancelRequestedEventAttributes) ?? false;
    });
    expect(fake.stepsOf(id).filter((step) => step.endsWith('.drop') || step === 'start-rollback')).toEqual([]);
    release();
    expect(await fake.outcomeOf(id)).toBe('rolled back: postgres.create: postgres.create fails for good');
    const steps = fake.stepsOf(id);
    const undoAt = steps.indexOf('start-rollback');
    expect(steps.slice(undoAt + 1, -1).sort()).toEqual(allOf('drop').sort());
    expect(steps.at(-1)).toBe('mark-gone');
    // What was cancelled goes on no further.
    expect(steps).not.toContain('keycloak.probe');
    expect(fake.callsOf(id, 'mark-gone')[0]?.input).toMatchObject({
      rollbackReason: { step: 'postgres.create', advice: 'Look.' },
      skipped: {},
    });
  });

  test.each([
    ['suspend', 'disable', 'enable'],
    ['resume', 'enable', 'disable'],
    ['soft_delete', 'disable', 'enable'],
    ['restore', 'enable', 'disable'],
  ] as const)('%s is undone at every backend, and the status restored', async (kind, verb, undo) => {
    fake.failingForGood.add(`qdrant.${verb}`);
    const id = await fake.start(kind);
    expect(await fake.outcomeOf(id)).toBe(`rolled back: qdrant.${verb}: qdrant.${verb} fails for good`);
    const steps = fake.stepsOf(id);
    expect(steps.slice(steps.indexOf('start-rollback') + 1, -1).sort()).toEqual(allOf(undo).sort());
    expect(steps.at(-1)).toBe('restore-status');
  });

  test('a run that begins again in the middle of a rollback only undoes, all of it', async () => {
    const rollbackReason = { step: 'qdrant.create', cause: 'as before', advice: 'Look.' };
    const id = await fake.start('create', { begun: { rollbackReason } });
    expect(await fake.outcomeOf(id)).toBe('rolled back: qdrant.create: as before');
    expect(atBackends(id).sort()).toEqual(allOf('drop').sort());
    expect(inRecords(id)).toEqual(['begin', 'mark-gone']);
  });

  test('the record decides: what has settled is done, what is being undone does not settle', async () => {
    fake.returning.set('start-rollback', 'done');
    fake.failingForGood.add('qdrant.create');
    const settled = await fake.start('create');
    expect(await fake.outcomeOf(settled)).toBe('fake is active');
    expect(fake.stepsOf(settled).filter((step) => step.endsWith('.drop'))).toEqual([]);

    fake.failingForGood.clear();
    fake.returning.delete('start-rollback');
    fake.returning.set('activate', { step: 'interrupted', cause: 'a deletion', advice: '' });
    const undone = await fake.start('create');
    expect(await fake.outcomeOf(undone)).toBe('rolled back: interrupted: a deletion');
    expect(fake.stepsOf(undone).slice(-5, -1).sort()).toEqual(allOf('drop').sort());
  });
});

describe('parking and answers', () => {
  test('steps park side by side; a retry of one retries that one, a retry that fails parks it anew', async () => {
    for (const step of ['qdrant.create', 'mongodb.create']) fake.failing.add(step);
    const id = await fake.start('create');
    await isParked(id, 'qdrant.create', 'mongodb.create');
    const before = parkedSteps(id);
    expect(before).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ step: 'qdrant.create', cause: 'qdrant.create fails', advice: 'Wait.' }),
      ]),
    );
    expect(new Set(before.map((it) => it.parkId)).size).toBe(2);

    const idOf = (steps: ParkedStep[], step: string) => steps.find((it) => it.step === step)?.parkId;
    expect(await answer(id, 'retry', { step: 'qdrant.create' })).toEqual(['qdrant.create']);
    await until(
      'it is parked anew',
      async () => idOf(parkedSteps(id), 'qdrant.create') !== idOf(before, 'qdrant.create'),
    );
    expect(idOf(parkedSteps(id), 'mongodb.create')).toBe(idOf(before, 'mongodb.create'));
    expect(
      parkedSteps(id)
        .map((it) => it.since)
        .sort(),
    ).toEqual(before.map((it) => it.since).sort());

    fake.failing.clear();
    expect((await answer(id, 'retry')).length).toBe(2);
    expect(await fake.outcomeOf(id)).toBe('fake is active');
    expect(fake.callsOf(id, 'unpark').at(-1)?.input).toMatchObject({ isUndoing: false });
  });

  test('a failure that waiting can fix is ridden out by some attempts before it is parked', async () => {
    fake.failing.add('qdrant.disable');
    const id = await fake.start('suspend');
    await isParked(id, 'qdrant.disable');
    expect(fake.callsOf(id, 'qdrant.disable')).toHaveLength(4);
    fake.failing.clear();
    await answer(id, 'retry');
    expect(await fake.outcomeOf(id)).toBe('fake is suspended');
  });

  test('an abort undoes all of it, and says who, why and at which failure', async () => {
    fake.failing.add('qdrant.create');
    const id = await fake.start('create');
    await isParked(id, 'qdrant.create');
    expect(await answer(id, 'abort', { reason: 'not wanted' })).toEqual(['qdrant.create']);
    expect(await fake.outcomeOf(id)).toBe(
      'rolled back: qdrant.create: aborted by on-call (not wanted): qdrant.create fails',
    );
    expect(fake.stepsOf(id).slice(-5, -1).sort()).toEqual(allOf('drop').sort());
  });

  test('an undo that fails parks, is not aborted, and can be skipped: the operation ends as incomplete', async () => {
    fake.failingForGood.add('qdrant.create');
    fake.failingForGood.add('mongodb.drop');
    const id = await fake.start('create');
    await isParked(id, 'mongodb.drop');
    expect(await answer(id, 'abort')).toBe('past-point-of-no-return');
    expect(await answer(id, 'skip', { reason: 'lost', step: 'mongodb.drop' })).toEqual(['mongodb.drop']);
    expect(await fake.outcomeOf(id)).toBe('rolled back: qdrant.create: qdrant.create fails for good');
    expect(fake.callsOf(id, 'unpark').at(-1)?.input).toMatchObject({ isUndoing: true });
    expect(fake.callsOf(id, 'mark-gone')[0]?.input).toMatchObject({ skipped: { 'mongodb.drop': 'lost' } });
  });

  test('a deletion goes on at every other backend, is not aborted, and ends as incomplete when a drop is skipped', async () => {
    fake.failingForGood.add('keycloak.drop');
    const id = await fake.start('hard_delete');
    await isParked(id, 'keycloak.drop');
    expect(atBackends(id).sort()).toEqual(allOf('drop').sort());
    expect(await answer(id, 'abort')).toBe('past-point-of-no-return');
    await answer(id, 'skip', { reason: 'the server is lost' });
    expect(await fake.outcomeOf(id)).toBe('incomplete: keycloak.drop skipped');
  });

  test('answers that can not be given are refused, by update with the reason, and change nothing', async () => {
    fake.failing.add('qdrant.create');
    const release = fake.hold();
    const id = await fake.start('create');
    await begins(id, 'qdrant.create');
    expect(await answer(id, 'retry')).toBe('not-stuck');
    release();
    await isParked(id, 'qdrant.create');
    expect(await answer(id, 'skip', { reason: 'lost' })).toBe('not-skippable');
    expect(await answer(id, 'retry', { step: 'mongodb.create' })).toBe('not-stuck');
    expect(await answer(id, 'abort', { operationId: '00000000-0000-4000-8000-000000000000' })).toBe(
      'operation-changed',
    );
    expect(await answer(id, 'retry', { by: '' })).toBe('answer-invalid');
    await handleOf(id).signal('answer', { nonsense: true });
    await handleOf(id).signal('answer', { action: 'skip', by: 'on-call' });
    const attempts = fake.callsOf(id, 'qdrant.create').length;
    fake.failing.clear();
    await handleOf(id).signal('answer', { action: 'retry', by: 'on-call' });
    expect(await fake.outcomeOf(id)).toBe('fake is active');
    expect(fake.callsOf(id, 'qdrant.create')).toHaveLength(attempts + 1);
  });

  test('a parked create that is not answered is rolled back after its time', async () => {
    const patience = { patienceMs: 0, parkedRetryMs: 3_600_000, giveUpAfterMs: 500 };
    fake.failing.add('qdrant.create');
    const id = await fake.start('create', { begun: { patience } });
    expect(await fake.outcomeOf(id)).toBe('rolled back: qdrant.create: qdrant.create fails');
    const [parked] = fake.callsOf(id, 'park');
    const [undone] = fake.callsOf(id, 'start-rollback');
    expect((undone?.at ?? 0) - (parked?.at ?? 0)).toBeGreaterThan(400);
  });
});

describe('cancellation and interruption', () => {
  test('a cancelled create is rolled back, once the step in progress has ended', async () => {
    const release = fake.holdStep('qdrant.create');
    const id = await fake.start('create');
    await begins(id, 'qdrant.create');
    await handleOf(id).cancel();
    release();
    expect(await fake.outcomeOf(id)).toBe('rolled back: cancelled: cancelled by an operator');
    expect(fake.stepsOf(id).slice(-5, -1).sort()).toEqual(allOf('drop').sort());
  });

  test('a rollback goes on when it is cancelled', async () => {
    fake.failingForGood.add('postgres.create');
    const release = fake.holdStep('qdrant.drop');
    const id = await fake.start('create');
    await begins(id, 'qdrant.drop');
    await handleOf(id).cancel();
    release();
    expect(await fake.outcomeOf(id)).toBe('rolled back: postgres.create: postgres.create fails for good');
    expect(fake.stepsOf(id).at(-1)).toBe('mark-gone');
  });

  test('a deletion goes on when it is cancelled or interrupted', async () => {
    const release = fake.holdStep('qdrant.drop');
    const id = await fake.start('hard_delete');
    await begins(id, 'qdrant.drop');
    await handleOf(id).signal('interrupt', 'an admin');
    await handleOf(id).cancel();
    release();
    expect(await fake.outcomeOf(id)).toBe('nothing of fake is left');
  });

  test.each(['create', 'suspend', 'restore'] as const)(
    'a forced deletion interrupts %s wherever it is: all of it is undone',
    async (kind) => {
      const { forward, undo } = rowOf(kind);
      const release = fake.holdStep(`qdrant.${forward[0]}`);
      const id = await fake.start(kind);
      await begins(id, `qdrant.${forward[0]}`);
      await handleOf(id).signal('interrupt', 'an admin');
      release();
      expect(await fake.outcomeOf(id)).toBe(
        'rolled back: interrupted: interrupted by a forced deletion (requested by an admin)',
      );
      expect(fake.stepsOf(id).at(-1)).toBe(undo?.then);
      expect(fake.stepsOf(id).slice(-5, -1).sort()).toEqual(allOf(undo?.verb ?? 'drop').sort());
    },
  );
});

describe('what cuts a tenant off interrupts its rotation', () => {
  const interrupt = (id: string) => handleOf(id).signal('interrupt', 'an admin', 'suspend');
  const LEFT = { 'qdrant.retire': 'interrupted by a suspend (requested by an admin)' };

  test.each([
    ['suspend', 'a suspend'],
    ['soft_delete', 'a soft delete'],
    ['hard_delete', 'a forced deletion'],
  ])('for %s what is parked is left, and stays due; what is at work has reported before', async (kind, words) => {
    fake.failingForGood.add('qdrant.retire');
    const release = fake.holdStep('mongodb.retire');
    const id = await fake.start('retire');
    await isParked(id, 'qdrant.retire');
    await handleOf(id).signal('interrupt', 'an admin', kind);
    release();
    expect(await fake.outcomeOf(id)).toMatch(/^incomplete: .*qdrant.retire.* skipped$/);
    expect(fake.stepsOf(id).at(-1)).toBe('end-rotation');
    expect(fake.callsOf(id, 'end-rotation')[0]?.input).toMatchObject({
      isLeft: true,
      skipped: { 'qdrant.retire': `interrupted by ${words} (requested by an admin)` },
    });
    const answers = fake.calls.filter((it) => it.input.tenantId === id).flatMap(({ input }) => input['answers'] ?? []);
    expect(answers).toMatchObject([{ action: 'interrupt', by: 'an admin' }]);
  });

  test('so is what a rotation at once ends, but not what it has handed out', async () => {
    fake.failing.add('qdrant.retire');
    const id = await fake.start('rotate', { begun: { isAtOnce: true } });
    await isParked(id, 'qdrant.retire');
    await interrupt(id);
    expect(await fake.outcomeOf(id)).toBe('incomplete: qdrant.retire skipped');
    expect(inRecords(id)).not.toContain('start-rollback');
    expect(fake.callsOf(id, 'end-rotation')[0]?.input).toMatchObject({ isLeft: true, skipped: LEFT });
  });

  test('one that has handed out nothing is undone, and what can not be is left', async () => {
    fake.failing.add('qdrant.issue');
    fake.failing.add('qdrant.withdraw');
    const id = await fake.start('rotate');
    await isParked(id, 'qdrant.issue');
    await interrupt(id);
    expect(await fake.outcomeOf(id)).toBe('rolled back: interrupted: interrupted by a suspend (requested by an admin)');
    expect(fake.callsOf(id, 'qdrant.withdraw')).toHaveLength(1);
    expect(fake.callsOf(id, 'restore-status')[0]?.input).toMatchObject({
      skipped: { 'qdrant.withdraw': LEFT['qdrant.retire'] },
    });
  });

  test('a skip is taken where nothing can be rolled back any more, as the contract has it', async () => {
    fake.failing.add('qdrant.retire');
    for (const kind of ['retire', 'rotate'] as const) {
      const id = await fake.start(kind, { begun: { isAtOnce: true } });
      await isParked(id, 'qdrant.retire');
      expect(canRollBackAt(kind, 'qdrant.retire')).toBe(false);
      expect(await answer(id, 'abort')).toBe('past-point-of-no-return');
      expect(await answer(id, 'skip', { reason: 'lost' })).toEqual(['qdrant.retire']);
      expect(await fake.outcomeOf(id)).toBe('incomplete: qdrant.retire skipped');
      expect(fake.callsOf(id, 'end-rotation')[0]?.input).not.toHaveProperty('isLeft');
    }
  });
});

describe('adoption', () => {
  test('what was adopted retries what is parked at the tenant; a refused adoption leaves it parked', async () => {
    fake.failing.add('postgres.disable');
    const id = await fake.start('suspend');
    await isParked(id, 'postgres.disable');
    const run = async () =>
      fake.operator.client.workflow
        .execute('adoptResource', {
          taskQueue: fake.taskQueue,
          workflowId: workflowIdOf(id, 'postgres'),
          args: [{ operationId: '00000000-0000-4000-8000-000000000001', tenantId: id, backend: 'postgres' }],
        })
        .then(String, (error: Error) => String((error.cause as Error | undefined)?.message));

    fake.failingForGood.add('postgres.adopt');
    const attempts = fake.callsOf(id, 'postgres.disable').length;
    expect(await run()).toBe('refused: postgres.adopt fails for good');
    expect(fake.callsOf(id, 'end-adoption').at(-1)?.input).toMatchObject({ refused: { step: 'postgres.adopt' } });
    expect(fake.callsOf(id, 'postgres.disable')).toHaveLength(attempts);

    fake.failingForGood.clear();
    fake.failing.clear();
    expect(await run()).toBe('postgres of fake is as recorded');
    expect(await fake.outcomeOf(id)).toBe('fake is suspended');
  });
});
