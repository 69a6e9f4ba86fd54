import { workflowIdOf, type Answer, type TakenAnswer } from '@freeflow/contract';
import { openFakeOperations, type FakeOperations } from '../test/support/fake-operations';
import { replayNow } from '../test/support/replay';
import { runsOf } from '../test/support/runs-seen';
import { until } from '../test/support/until';

// Which step of the master database is given an answer, to record it with its effect: whatever door the answer came by.
let fake: FakeOperations;
beforeAll(async () => {
  fake = await openFakeOperations({ patience: { parkedRetryMs: 3_600_000, eventsPerRun: 50 } });
});
afterEach(() => {
  fake.failing.clear();
  fake.failingForGood.clear();
  fake.releaseAll();
});
afterAll(() => fake.close());

const handleOf = (id: string) => fake.operator.client.workflow.getHandle(workflowIdOf(id));
const byUpdate = (id: string, answer: Answer) =>
  handleOf(id).executeUpdate<string[], [Answer]>('answer', { args: [answer] });
/** The steps that were given answers, with what they were given. */
const recordedOf = (id: string) =>
  fake.calls.flatMap(({ activity, input }) =>
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
