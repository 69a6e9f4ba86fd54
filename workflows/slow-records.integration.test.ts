import type { OperationKind, RecordStepName } from '@freeflow/contract';
import { workflowIdOf } from '@freeflow/contract';
import { openFakeOperations, type FakeOperations } from '../test/support/fake-operations';
import { replayNow } from '../test/support/replay';
import { runsOf } from '../test/support/runs-seen';
import { until } from '../test/support/until';

/**
 * Longer than a transaction may take (5 s), then shorter: together longer than a workflow task waits for a local
 * activity (8 s of its 10).
 */
const SLOW_MS = [5_200, 4_400] as const;

let fake: FakeOperations;
beforeAll(async () => {
  fake = await openFakeOperations({ patience: { parkedRetryMs: 3_600_000 } });
  // A resume alone does this step.
  fake.failingForGood.add('qdrant.enable');
});
afterAll(() => fake.close());

const handleOf = (id: string) => fake.operator.client.workflow.getHandle(workflowIdOf(id));
/** What comes while a step is slow is seen in the next workflow task, beside the answer of that step. */
const COMES = {
  'an operator cancels': (id: string) => handleOf(id).cancel(),
  'a forced deletion interrupts': (id: string) => handleOf(id).signal('interrupt', 'an admin'),
  'an answer comes': (id: string) => handleOf(id).signal('answer', { action: 'retry', by: 'a test' }),
};
const SLOW = [
  ['begin', 'create'],
  ['activate', 'create'],
  ['suspend', 'suspend'],
  ['mark-soft-deleted', 'soft_delete'],
  ['start-rollback', 'resume'],
  ['restore-status', 'resume'],
  ['mark-gone', 'hard_delete'],
] as const satisfies readonly (readonly [RecordStepName, OperationKind])[];

const cases = SLOW.flatMap(([step, kind]) =>
  Object.keys(COMES).map((what) => [step, what as keyof typeof COMES, kind] as const),
);

/** Whether it was slow, how the run ended, and the histories that don't replay. */
async function seenOf([step, what, kind]: (typeof cases)[number]) {
  const id = await fake.start(kind, { slow: { step, attemptsMs: SLOW_MS } });
  await until(`${step} is slow`, async () => fake.callsOf(id, step).length === 1);
  await COMES[what](id);
  const outcome = await fake.outcomeOf(id);
  const runs = await runsOf(fake, id);
  return {
    attempts: fake.callsOf(id, step).length,
    outcome,
    wrong: await replayNow(Object.fromEntries(runs.map(({ runId, history }) => [runId, history]))),
  };
}

/**
 * Cancelled in its first step a run closes; the sweep begins the operation anew, which test/lifecycle/slow-records
 * shows.
 */
const outcomesOf = (step: string, what: string): unknown =>
  step === 'begin' && what === 'an operator cancels'
    ? 'Workflow canceled'
    : expect.stringMatching(/^(fake is (active|suspended|deleted)|nothing of fake is left|rolled back: )/);

// All of them wait at the same time.
const seen = new Map<string, ReturnType<typeof seenOf>>();
beforeAll(() => {
  for (const it of cases) seen.set(it.join(), seenOf(it));
  // Whoever awaits it later gets the error all the same.
  for (const it of seen.values()) it.catch(() => undefined);
});

test.each(cases)(
  'while the master database is slow to write %s, %s: the history replays, the %s ends',
  async (...of) => {
    const [step, what] = of;
    expect(await seen.get(of.join())).toEqual({
      attempts: expect.any(Number),
      outcome: outcomesOf(step, what),
      wrong: [],
    });
    expect((await seen.get(of.join()))?.attempts).toBeGreaterThanOrEqual(SLOW_MS.length);
  },
);
