import { workflowIdOf, type TakenAnswer } from '@freeflow/contract';
import { readStackInfo } from '../stack/stack-info';
import { openGate, type GrpcGate } from '../test/field/grpc-gate';
import { openFakeOperations, type FakeOperations } from '../test/support/fake-operations';
import { TEST_STACK } from '../test/support/master';
import { until } from '../test/support/until';

/** Whether what a worker has done in a workflow task is lost, as where it dies before it has told. */
let isLost = false;
let lost = 0;
let gate: GrpcGate;
let fake: FakeOperations;
beforeAll(async () => {
  const info = readStackInfo(TEST_STACK);
  gate = await openGate(Number(info.temporal.address.split(':').at(-1)), (path) => {
    const isLostNow = isLost && path.endsWith('/RespondWorkflowTaskCompleted');
    if (isLostNow) lost++;
    return isLostNow;
  });
  fake = await openFakeOperations({
    patience: { parkedRetryMs: 3_600_000 },
    info: { ...info, temporal: { ...info.temporal, address: gate.address } },
  });
});
afterAll(async () => {
  await fake.close();
  await gate.close();
});

const answersOf = (id: string) =>
  fake.calls
    .filter(({ input }) => input.tenantId === id)
    .flatMap(({ input }) => (input['answers'] ?? []) as TakenAnswer[]);

async function parkedCreate() {
  fake.failing.add('qdrant.create');
  const id = await fake.start('create');
  await until('it is parked', async () => fake.callsOf(id, 'park').length === 1);
  return { id, run: fake.operator.client.workflow.getHandle(workflowIdOf(id)) };
}

test('an answer by Update is known by the id of that, one by a signal by its place among signals, refused ones included', async () => {
  const { id, run } = await parkedCreate();
  const { runId } = await run.describe();
  await run.signal('answer', { action: 'skip', by: 'me' });
  await run.executeUpdate('answer', { updateId: 'u-1', args: [{ action: 'retry', by: 'on-call' }] });
  await until('it is parked again', async () => fake.callsOf(id, 'park').length === 2);
  await run.signal('answer', { action: 'retry', by: 'me' });
  await until('and again', async () => fake.callsOf(id, 'park').length === 3);
  fake.failing.clear();
  await run.signal('interrupt', 'an admin');
  await fake.outcomeOf(id);
  expect(answersOf(id).map(({ key }) => key)).toEqual(
    ['update/u-1', 'answer/2', 'interrupt/1'].map((it) => `${runId}/${it}`),
  );
});

test('an answer that was recorded in a workflow task that is lost is the same one in the next, where a signal comes before it', async () => {
  const { id, run } = await parkedCreate();
  fake.failing.clear();
  isLost = true;
  const aborted = run.executeUpdate('answer', { updateId: 'u-1', args: [{ action: 'abort', by: 'on-call' }] });
  await until('it is recorded', async () => fake.callsOf(id, 'start-rollback').length === 1);
  await until('its task is lost', async () => lost > 0);
  await run.signal('answer', { action: 'retry', by: 'me' });
  isLost = false;
  await Promise.all([aborted, fake.outcomeOf(id)]);
  const taken = answersOf(id);
  // Once in each of the two tasks, and the second time the signal with it.
  const recorded = taken.filter((it) => it.by === 'on-call');
  expect(recorded.length).toBeGreaterThan(1);
  expect(new Set(recorded.map(({ key }) => key)).size).toBe(1);
  const others = taken.filter((it) => it.by === 'me');
  expect(others.length).toBeGreaterThan(0);
  expect(others.map(({ key }) => key)).not.toContain(recorded[0]?.key);
});
