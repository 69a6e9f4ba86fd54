import { setTimeout as delay } from 'node:timers/promises';
import { BACKEND_KINDS, type Answer } from '@freeflow/contract';
import { WorkflowFailedError } from '@temporalio/client';
import type { WaitingStep } from '../../workflows/next-move';
import { openFakeOperations, type FakeOperations } from '../support/fake-operations';
import { replayNow } from '../support/replay';
import { runsOf, type RunSeen } from '../support/runs-seen';
import { until } from '../support/until';

/** The long form: thousands of rounds, as in production a thousand events a run. */
const IS_LONG = process.env['LONG'] === '1';
const EVENTS_PER_RUN = IS_LONG ? 1_000 : 120;
/** Where one new run after the other is what is to be seen. */
const SHORT_RUNS = { patienceMs: 0, parkedRetryMs: 1, longestPauseMs: 1, eventsPerRun: IS_LONG ? EVENTS_PER_RUN : 50 };
const OPERATIONS = IS_LONG ? 20 : 1;
const ROUNDS = IS_LONG ? 5_000 : 30;
/** What may come before all four pause at once: the attempts in progress, each with its tasks and timer. */
const MARGIN = 150;
const TIMEOUT_MS = IS_LONG ? 3_600_000 : 300_000;

let fake: FakeOperations;
beforeAll(async () => {
  fake = await openFakeOperations({ patience: { eventsPerRun: EVENTS_PER_RUN, longestPauseMs: 1 } });
});
afterEach(() => fake.failing.clear());
afterAll(() => fake.close());

const handleOf = (id: string) => fake.operator.client.workflow.getHandle(`tenant-${id}`);
const waitingOf = (id: string) => handleOf(id).query<Record<string, WaitingStep>>('waiting');
const answer = (id: string, more: Omit<Answer, 'by'>) =>
  handleOf(id).executeUpdate<string[], [Answer]>('answer', { args: [{ by: 'a test', ...more }] });
const isParked = async (id: string, count: number) =>
  Object.values(await waitingOf(id)).filter((it) => it.park !== undefined).length === count;
/** Waits until it has gone on in so many new runs. */
const waitForRenewals = (id: string, times: number) =>
  until(`${id} goes on in new runs`, async () => fake.callsOf(id, 'continue-operation').length >= times, TIMEOUT_MS);
const outcomeOf = (id: string) =>
  handleOf(id)
    .result()
    .then(String, (error: unknown) =>
      error instanceof WorkflowFailedError ? String(error.cause?.message) : String(error),
    );

/** No history is long, each replays, and each run but the last ends by handing on. */
async function expectShort(runs: RunSeen[], eventsPerRun = EVENTS_PER_RUN): Promise<void> {
  for (const { events } of runs) expect(events).toBeLessThan(eventsPerRun + MARGIN);
  expect(await replayNow(Object.fromEntries(runs.map(({ runId, history }) => [runId, history])))).toEqual([]);
}

const OF_TEMPORAL = ['BuildIds', 'TemporalChangeVersion'];

/** What an operator sees of a run, besides the causes. */
async function shownOf(id: string) {
  const { memo, typedSearchAttributes, priority, raw } = await handleOf(id).describe();
  const own = typedSearchAttributes
    .getAll()
    .filter(({ key }) => !OF_TEMPORAL.includes(key.name))
    .map(({ key, value }) => [key.name, value]);
  return {
    memo,
    attributes: Object.fromEntries(own) as Record<string, unknown>,
    priority: priority?.priorityKey,
    taskTimeout: Number(raw.executionConfig?.defaultWorkflowTaskTimeout?.seconds),
  };
}

const parksIn = (waiting: Record<string, WaitingStep>) =>
  Object.fromEntries(
    Object.entries(waiting).map(([step, { cause, advice, failedSince, park }]) => [
      step,
      { cause, advice, failedSince, park },
    ]),
  );

test(
  'a create that stays parked goes on in new runs, each with a short history, and is what it was before',
  async () => {
    for (const it of ['qdrant.create', 'postgres.probe', 'keycloak.create']) fake.failing.add(it);
    const ids = await Promise.all(Array.from({ length: OPERATIONS }, () => fake.start('create')));
    for (const id of ids) await until('all three are parked', () => isParked(id, 3));
    const before = await Promise.all(
      ids.map(async (id) => ({ parks: parksIn(await waitingOf(id)), shown: await shownOf(id) })),
    );
    const rounds = () =>
      fake.calls.filter((it) => ids.includes(it.input.tenantId) && fake.failing.has(it.activity)).length;
    await until(`${ROUNDS} rounds are over`, async () => rounds() >= ROUNDS, TIMEOUT_MS);
    for (const id of ids) await waitForRenewals(id, 1);

    const after = await Promise.all(
      ids.map(async (id) => ({ parks: parksIn(await waitingOf(id)), shown: await shownOf(id) })),
    );
    expect(after).toEqual(before);
    expect(after[0]?.shown).toMatchObject({
      attributes: {
        OperationKind: 'create',
        OperationState: 'parked',
        StuckStep: expect.arrayContaining(['qdrant.create']),
      },
      priority: 3,
      taskTimeout: 10,
    });
    const roundsTried = rounds();
    fake.failing.clear();
    for (const id of ids) {
      // It may have tried by itself, and be done.
      await answer(id, { action: 'retry' }).catch(() => undefined);
      expect(await outcomeOf(id)).toBe('fake is active');
      const runs = await runsOf(fake, id);
      expect(runs.length).toBe(fake.callsOf(id, 'continue-operation').length + 1);
      await expectShort(IS_LONG ? runs.slice(-2) : runs);
      // What was done before is not done again, and what is parked is written down when that changes, no more often.
      for (const done of ['mongodb.create', 'mongodb.probe', 'postgres.create', 'begin', 'activate'])
        expect([done, fake.callsOf(id, done).length]).toEqual([done, 1]);
      expect(fake.callsOf(id, 'park').length).toBeLessThanOrEqual(3 + 2);
      if (IS_LONG)
        process.stdout.write(`${id}: ${runs.length} runs, events ${runs.map((it) => it.events).join(' ')}\n`);
    }
    if (IS_LONG) process.stdout.write(`${roundsTried} rounds of ${ids.length} operations\n`);
  },
  TIMEOUT_MS,
);

test('a round of a parked step costs eleven events', async () => {
  fake.failing.add('qdrant.drop');
  const id = await fake.start('hard_delete');
  await until('it is parked', () => isParked(id, 1));
  const eventsAt = async () => ({
    rounds: (await waitingOf(id))['qdrant.drop']?.rounds ?? 0,
    length: (await handleOf(id).describe()).historyLength,
  });
  const one = await eventsAt();
  await until('it has failed again, thrice', async () => (await eventsAt()).rounds >= one.rounds + 3);
  const [run] = await runsOf(fake, id);
  const rounds = run?.history.events?.filter((it) => it.timerStartedEventAttributes).length ?? 0;
  const upserts = run?.history.events?.filter((it) => it.upsertWorkflowSearchAttributesEventAttributes).length ?? 0;
  expect(rounds).toBeGreaterThanOrEqual(3);
  // Its beginning, its parking; none of a round.
  expect(upserts).toBeLessThanOrEqual(4);
  expect(run?.events ?? 0).toBeLessThanOrEqual(50 + 11 * rounds);
  fake.failing.clear();
  await answer(id, { action: 'retry' });
  await outcomeOf(id);
});

test('an abort, a forced deletion or a cancellation is carried out whenever it comes: before, while and after a new run takes over', async () => {
  for (const it of ['qdrant.create', 'mongodb.create']) fake.failing.add(it);
  const comes = [
    (id: string) => handleOf(id).executeUpdate('answer', { args: [{ action: 'abort', by: 'a test' }] }),
    (id: string) => handleOf(id).signal('answer', { action: 'abort', by: 'a test' }),
    (id: string) => handleOf(id).signal('interrupt', 'a test'),
    (id: string) => handleOf(id).cancel(),
  ];
  const outcomes = await Promise.all(
    Array.from({ length: IS_LONG ? 12 : 8 }, async (_, n) => {
      const id = await fake.start('create', { begun: { patience: { ...SHORT_RUNS, eventsPerRun: 50 } } });
      await until('it is parked', async () => fake.callsOf(id, 'park').length > 0);
      // Runs give way every second or so, each at another moment: these come at all of them.
      const renewals = Math.floor(n / 4);
      await until('it goes on in a new run', async () => fake.callsOf(id, 'continue-operation').length >= renewals);
      await delay(n * 80);
      await comes[n % comes.length]?.(id);
      return {
        message: await outcomeOf(id),
        undone: BACKEND_KINDS.map((kind) => fake.callsOf(id, `${kind}.drop`).length),
        closed: fake.callsOf(id, 'mark-gone').length,
      };
    }),
  );
  expect(outcomes).toEqual(
    outcomes.map(() => ({
      message: expect.stringMatching(/^rolled back: .*(aborted|interrupted|cancelled) by/),
      undone: [1, 1, 1, 1],
      closed: 1,
    })),
  );
});

test(
  'an undo that stays parked goes on in new runs with its reason; what was skipped stays skipped',
  async () => {
    for (const it of ['qdrant.create', 'mongodb.drop', 'postgres.drop']) fake.failing.add(it);
    const id = await fake.start('create', { begun: { patience: SHORT_RUNS } });
    await until('it is parked', () => isParked(id, 1));
    await answer(id, { action: 'abort', reason: 'not wanted' });
    await until('two undos are parked', () => isParked(id, 2));
    await answer(id, { action: 'skip', step: 'mongodb.drop', reason: 'by hand' });
    await until('it is skipped', async () => !('mongodb.drop' in (await waitingOf(id))));
    await waitForRenewals(id, 1);
    expect(await shownOf(id)).toMatchObject({ attributes: { OperationState: 'parked', StuckStep: ['postgres.drop'] } });
    expect(
      await answer(id, { action: 'abort' }).catch((error: { cause?: { type?: string } }) => error.cause?.type),
    ).toBe('past-point-of-no-return');
    const skipped = fake.callsOf(id, 'mongodb.drop').length;
    await answer(id, { action: 'skip', step: 'postgres.drop', reason: 'by hand, too' });
    expect(await outcomeOf(id)).toBe('rolled back: qdrant.create: aborted by a test (not wanted): qdrant.create fails');
    expect(fake.callsOf(id, 'mark-gone').at(-1)?.input).toMatchObject({
      skipped: { 'mongodb.drop': 'by hand', 'postgres.drop': 'by hand, too' },
      rollbackReason: { step: 'qdrant.create' },
    });
    for (const done of ['keycloak.drop', 'qdrant.drop', 'start-rollback'])
      expect([done, fake.callsOf(id, done).length]).toEqual([done, 1]);
    expect(fake.callsOf(id, 'mongodb.drop').length).toBe(skipped);
    await expectShort(await runsOf(fake, id));
  },
  TIMEOUT_MS,
);

test(
  'a deletion that stays parked goes on in new runs, and can be skipped but not aborted',
  async () => {
    fake.failing.add('keycloak.drop');
    const id = await fake.start('hard_delete', { begun: { patience: SHORT_RUNS } });
    await until('it is parked', () => isParked(id, 1));
    await waitForRenewals(id, 1);
    expect(
      await answer(id, { action: 'abort' }).catch((error: { cause?: { type?: string } }) => error.cause?.type),
    ).toBe('past-point-of-no-return');
    await handleOf(id).signal('answer', { action: 'skip', step: 'keycloak.drop', reason: 'by hand', by: 'a test' });
    expect(await outcomeOf(id)).toBe('incomplete: keycloak.drop skipped');
    for (const kind of ['postgres', 'mongodb', 'qdrant']) expect(fake.callsOf(id, `${kind}.drop`).length).toBe(1);
    await expectShort(await runsOf(fake, id));
  },
  TIMEOUT_MS,
);

test(
  'a create that is not answered is rolled back after its time, counted from its first park over all runs',
  async () => {
    fake.failing.add('qdrant.create');
    // New runs in its time, and no more rounds than that takes.
    const patience = { ...SHORT_RUNS, parkedRetryMs: 100, longestPauseMs: 100, eventsPerRun: 50, giveUpAfterMs: 8_000 };
    const id = await fake.start('create', { begun: { patience } });
    expect(await outcomeOf(id)).toBe('rolled back: qdrant.create: qdrant.create fails');
    expect(fake.callsOf(id, 'continue-operation').length).toBeGreaterThanOrEqual(1);
    const [parked] = fake.callsOf(id, 'park');
    const [undone] = fake.callsOf(id, 'start-rollback');
    expect((undone?.at ?? 0) - (parked?.at ?? 0)).toBeGreaterThan(7_500);
  },
  TIMEOUT_MS,
);
