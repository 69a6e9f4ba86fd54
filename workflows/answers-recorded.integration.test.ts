import { workflowIdOf, type Answer, type TakenAnswer } from '@freeflow/contract';
import { openFakeOperations, type FakeOperations } from '../test/support/fake-operations';
import { replayNow } from '../test/support/replay';
import { runsOf } from '../test/support/runs-seen';
import { until } from '../test/support/until';
import type { WaitingStep } from './next-move';

// Which step of the master database is given an answer, to record it with its effect: whatever channel the answer came
// by.
let fake: FakeOperations;
/** Where nothing is parked, however long it fails. */
let patient: FakeOperations;
beforeAll(async () => {
  fake = await openFakeOperations({ patience: { parkedRetryMs: 3_600_000, eventsPerRun: 50 } });
  patient = await openFakeOperations({ patience: { patienceMs: 3_600_000, eventsPerRun: 50 } });
});
afterEach(() => {
  fake.failing.clear();
  fake.failingForGood.clear();
  fake.releaseAll();
});
afterAll(() => Promise.all([fake.close(), patient.close()]));

const handleOf = (id: string) => fake.operator.client.workflow.getHandle(workflowIdOf(id));
const byUpdate = (id: string, answer: Answer) =>
  handleOf(id).executeUpdate<string[], [Answer]>('answer', { args: [answer] });
/** The steps that were given answers, with what they were given. */
const recordedOf = (id: string, { calls } = fake) =>
  calls.flatMap(({ activity, input }) =>
    input.tenantId === id && input['answers'] !== undefined
      ? [{ step: activity, answers: input['answers'] as TakenAnswer[] }]
      : [],
  );
const untilParked = (id: string, times = 1) =>
  until('it is parked', async () => fake.callsOf(id, 'park').length >= times);

async function parkedCreate(): Promise<string> {
  fake.failing.add('qdrant.create');
  const id = await fake.start('create');
  await untilParked(id);
  return id;
}

test('a retry in vain is recorded as its step is parked anew, one that helps as it is parked no longer', async () => {
  const id = await parkedCreate();
  await byUpdate(id, { action: 'retry', by: 'on-call', requestId: 'r-1' });
  await untilParked(id, 2);
  fake.failing.clear();
  await handleOf(id).signal('answer', { action: 'retry', by: 'me', step: 'qdrant.create' });
  await fake.outcomeOf(id);
  expect(recordedOf(id)).toMatchObject([
    {
      step: 'park',
      answers: [{ action: 'retry', by: 'on-call', requestId: 'r-1', steps: ['qdrant.create'], at: expect.any(String) }],
    },
    { step: 'unpark', answers: [{ action: 'retry', by: 'me', steps: ['qdrant.create'] }] },
  ]);
  const keys = recordedOf(id).flatMap(({ answers }) => answers.map(({ key }) => key));
  expect(new Set(keys).size).toBe(2);
});

test('an abort is recorded as the rollback begins, with its reason', async () => {
  const id = await parkedCreate();
  fake.failing.clear();
  await byUpdate(id, { action: 'abort', by: 'on-call', reason: 'by mistake' });
  await fake.outcomeOf(id);
  expect(recordedOf(id)).toMatchObject([
    { step: 'start-rollback', answers: [{ action: 'abort', by: 'on-call', reason: 'by mistake' }] },
  ]);
});

test('a skip is recorded as its step is parked no longer', async () => {
  fake.failingForGood.add('qdrant.drop');
  const id = await fake.start('hard_delete');
  await untilParked(id);
  await byUpdate(id, { action: 'skip', by: 'on-call', reason: 'that server is lost' });
  await fake.outcomeOf(id);
  expect(recordedOf(id)).toMatchObject([
    { step: 'unpark', answers: [{ action: 'skip', reason: 'that server is lost', steps: ['qdrant.drop'] }] },
  ]);
});

test('an interruption is recorded as the rollback begins', async () => {
  const id = await parkedCreate();
  fake.failing.clear();
  await handleOf(id).signal('interrupt', 'an admin');
  await fake.outcomeOf(id);
  expect(recordedOf(id)).toMatchObject([
    { step: 'start-rollback', answers: [{ action: 'interrupt', by: 'an admin' }] },
  ]);
});

test('none is lost and none is recorded twice where an operation goes on in a new run', async () => {
  const id = await parkedCreate();
  const RETRIES = 4;
  for (let at = 1; at <= RETRIES; at++) {
    // Signals: of them none is refused by a run that is just about to close.
    await handleOf(id).signal('answer', { action: 'retry', by: `on-call ${at}` });
    await untilParked(id, at + 1);
  }
  fake.failing.clear();
  await handleOf(id).signal('answer', { action: 'retry', by: 'the last' });
  await fake.outcomeOf(id);
  const runs = await runsOf(fake, id);
  expect(runs.length).toBeGreaterThan(1);
  const by = recordedOf(id).flatMap(({ answers }) => answers.map((it) => it.by));
  expect(by).toEqual([...Array.from({ length: RETRIES }, (_, at) => `on-call ${at + 1}`), 'the last']);
  expect(await replayNow(Object.fromEntries(runs.map(({ runId, history }) => [runId, history])))).toEqual([]);
});

test('a retry of a step that only pauses is recorded by the end, though runs have followed each other meanwhile', async () => {
  patient.failing.add('qdrant.create');
  const id = await patient.start('create');
  const run = patient.operator.client.workflow.getHandle(workflowIdOf(id));
  const untilFailed = (times: number) =>
    until(`it has failed ${times} times`, async () => {
      const waiting = await run.query<Record<string, WaitingStep>>('waiting');
      return (waiting['qdrant.create']?.rounds ?? 0) >= times;
    });
  await untilFailed(1);
  const RETRIES = 5;
  for (let at = 1; at <= RETRIES; at++) {
    await run.signal('answer', { action: 'retry', by: `on-call ${at}` });
    await untilFailed(at + 1);
  }
  patient.failing.clear();
  await run.signal('answer', { action: 'retry', by: 'the last' });
  await patient.outcomeOf(id);
  expect((await runsOf(patient, id)).length).toBeGreaterThan(1);
  const recorded = recordedOf(id, patient);
  expect(recorded.map(({ step }) => step)).toEqual(['activate']);
  const by = recorded.flatMap(({ answers }) => answers.map((it) => it.by));
  expect(by).toEqual([...Array.from({ length: RETRIES }, (_, at) => `on-call ${at + 1}`), 'the last']);
});
