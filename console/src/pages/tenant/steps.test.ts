import { EXAMPLES, type LogRowBody, type OperationBody } from '@freeflow/contract/http';
import { wayOf, type StepState } from './steps';

const operation = (changes: Partial<OperationBody>): OperationBody => ({
  ...structuredClone<OperationBody>(EXAMPLES.tenant.operation as unknown as OperationBody),
  state: 'running',
  ...changes,
});
let seq = 0;
const row = (step: string, status: LogRowBody['status'] = 'success', durationMs = 10): LogRowBody => ({
  ...structuredClone<LogRowBody>(EXAMPLES.logPage.items[0] as unknown as LogRowBody),
  seq: ++seq,
  step,
  status,
  durationMs,
});
const statesOf = (...given: Parameters<typeof wayOf>): Record<string, StepState> =>
  Object.fromEntries(
    wayOf(...given).flatMap(({ lanes }) => lanes.flatMap(({ steps }) => steps.map((it) => [it.name, it.state]))),
  );

test('what is at work is the first of each backend, and what comes after that is later', () => {
  const states = statesOf(operation({ kind: 'create' }), [
    row('begin'),
    row('postgres.create'),
    row('mongodb.create', 'error'),
  ]);
  expect(states).toEqual({
    begin: 'done',
    'postgres.create': 'done',
    'postgres.probe': 'next',
    'mongodb.create': 'failed',
    'mongodb.probe': 'later',
    'qdrant.create': 'next',
    'qdrant.probe': 'later',
    'keycloak.create': 'next',
    'keycloak.probe': 'later',
    activate: 'later',
  });
});

test('attempts and their time are counted together, and the last one speaks', () => {
  const rows = [
    row('begin'),
    row('qdrant.create', 'error', 100),
    row('qdrant.create', 'error', 50),
    row('qdrant.create', 'success', 7),
  ];
  const steps = wayOf(operation({ kind: 'create' }), rows).flatMap(({ lanes }) => lanes.flatMap((it) => it.steps));
  expect(steps.find(({ name }) => name === 'qdrant.create')).toMatchObject({
    state: 'done',
    attempts: 3,
    durationMs: 157,
  });
});

test('a step that waits for an answer is parked', () => {
  const parked = [
    { step: 'qdrant.disable', parkId: 1, cause: 'it is away', advice: 'wait', since: '2026-11-28T00:00:00.000Z' },
  ];
  const states = statesOf(operation({ kind: 'suspend', state: 'parked', parked }), [
    row('begin'),
    row('qdrant.disable', 'error'),
  ]);
  expect(states['qdrant.disable']).toBe('parked');
});

test('what is undone is told apart, and what was never come to is left out', () => {
  const rows = [row('begin'), row('postgres.create', 'error'), row('start-rollback'), row('postgres.drop')];
  const undoing = statesOf(operation({ kind: 'create', state: 'undoing' }), rows);
  expect([undoing['postgres.drop'], undoing['mark-gone'], undoing['activate']]).toEqual(['done', 'later', undefined]);
  const over = wayOf(operation({ kind: 'create', state: 'rolled_back' }), [...rows, row('mark-gone')]);
  expect(over.map(({ title }) => title)).toEqual(['Begin', 'At each backend, side by side', 'Undone', 'End']);
  expect(
    over.flatMap(({ lanes }) => lanes.flatMap(({ steps }) => steps)).filter(({ state }) => state === 'next'),
  ).toEqual([]);
});

test('an operation that has ended without a step at the backends has left them out', () => {
  const states = statesOf(operation({ kind: 'soft_delete', state: 'done' }), [row('begin'), row('mark-soft-deleted')]);
  expect(states).toMatchObject({ begin: 'done', 'postgres.disable': 'left-out', 'mark-soft-deleted': 'done' });
});

test('a blueprint is shown once one is applied: not every installation has one', () => {
  const names = (rows: LogRowBody[]) => Object.keys(statesOf(operation({ kind: 'create' }), rows));
  expect(names([row('begin')]).filter((it) => it.endsWith('.apply'))).toEqual([]);
  expect(names([row('begin'), row('postgres.create'), row('postgres.apply')])).toContain('mongodb.apply');
});

test('a rotation ends by handing out the new credentials, and by the end of those before where they have no time', () => {
  const issued = ['postgres', 'mongodb', 'qdrant', 'keycloak'].map((it) => row(`${it}.issue`));
  expect(statesOf(operation({ kind: 'rotate' }), [row('begin'), ...issued])).toMatchObject({
    'postgres.issue': 'done',
    'switch-credentials': 'next',
  });
  const states = statesOf(operation({ kind: 'rotate' }), [
    row('begin'),
    ...issued,
    row('switch-credentials'),
    row('postgres.retire'),
  ]);
  expect(states).toMatchObject({
    'switch-credentials': 'done',
    'postgres.retire': 'done',
    'mongodb.retire': 'next',
    'end-rotation': 'later',
  });
  expect(Object.keys(states)).not.toContain('activate');
});
