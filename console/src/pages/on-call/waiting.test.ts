import { adviceOn, type FailureType, type OperationKind, type OperationState, STUCK } from '@freeflow/contract';
import type { OperationBody } from '@freeflow/contract/http';
import { compareWaiting } from './changes';
import { answerable, refusalOf } from './offers';
import { outcomeOf, summarise } from './outcome';
import { groupWaiting, listWaiting, type StuckTenant } from './waiting';

interface Park {
  step: string;
  since?: string;
  parkId?: number;
  failure?: FailureType;
  cause?: string;
}

const AT = '2026-11-28T03:00:00.000Z';

const park = ({ step, since = AT, parkId = 1, failure = 'unreachable', cause = 'away' }: Park) => ({
  step,
  since,
  parkId,
  cause,
  advice: adviceOn(failure),
});

const operation = (name: string, kind: OperationKind, state: OperationState, parks: Park[]) =>
  ({
    id: `operation of ${name}`,
    kind,
    state,
    attempts: 4,
    cause: null,
    advice: null,
    requestedAt: AT,
    parked: parks.map(park),
    run: { workflowId: '', runId: null, url: null },
  }) as unknown as OperationBody;

const stuck = (name: string, parks: Park[], kind: OperationKind = 'create'): StuckTenant =>
  ({
    id: name,
    name,
    why: 'parked',
    goneAt: null,
    status: 'provisioning',
    advice: null,
    operation: operation(name, kind, 'parked', parks),
    interrupted: null,
  }) as unknown as StuckTenant;

const otherwise = (name: string, why: StuckTenant['why']): StuckTenant => ({
  ...stuck(name, []),
  why,
  advice: STUCK[why].advice,
  purgeAt: AT,
});

const only = (tenant: StuckTenant) => {
  const [one] = listWaiting([tenant]);
  if (one === undefined) throw new Error('nothing waits');
  return one;
};

test('what waits is grouped by step and class of cause; the group with the oldest comes first, and in it the oldest', () => {
  const groups = groupWaiting(
    listWaiting([
      stuck('late', [{ step: 'qdrant.create', since: '2026-11-28T03:02:00.000Z', cause: 'refused at 1' }]),
      stuck('other', [{ step: 'qdrant.create', since: '2026-11-28T03:01:30.000Z', failure: 'overloaded' }]),
      stuck('early', [
        { step: 'qdrant.create', since: '2026-11-28T03:01:00.000Z', cause: 'refused at 2' },
        { step: 'mongodb.create', since: '2026-11-28T03:00:00.000Z' },
      ]),
    ]),
  );
  expect(groups.map(({ step, causeClass, items }) => [step, causeClass, items.map((it) => it.tenant.name)])).toEqual([
    ['mongodb.create', 'unreachable', ['early']],
    ['qdrant.create', 'unreachable', ['early', 'late']],
    ['qdrant.create', 'overloaded', ['other']],
  ]);
  expect(groups[1]?.causes).toEqual([
    { text: 'refused at 2', count: 1 },
    { text: 'refused at 1', count: 1 },
  ]);
  expect(groups[0]?.advice).not.toContain('runbook');
});

test('what is stuck without being parked is one thing, with the advice on its reason', () => {
  expect(listWaiting([otherwise('acme', 'run-gone')])).toMatchObject([
    { step: null, cause: STUCK['run-gone'].cause, advice: STUCK['run-gone'].advice, since: AT },
  ]);
});

test('what has changed since one looked is told: gone, parked anew, by another operation, for another reason', () => {
  const step = 'qdrant.create';
  const names = ['same', 'gone', 'anew', 'other', 'ended-run'];
  const seen = listWaiting(names.map((name) => stuck(name, [{ step }])));
  const other = stuck('other', [{ step }]);
  const now = listWaiting([
    stuck('same', [{ step }]),
    stuck('anew', [{ step, parkId: 2 }]),
    { ...other, operation: { ...(other.operation as OperationBody), id: 'another' } },
    otherwise('ended-run', 'run-gone'),
    stuck('new', [{ step }]),
  ]);
  const { still, changes } = compareWaiting(seen, now);
  expect(Object.fromEntries(changes.map(({ before, what }) => [before.tenant.name, what]))).toEqual({
    gone: 'gone',
    anew: 'parked-anew',
    other: 'other-operation',
    'ended-run': 'other-reason',
  });
  expect(still.map((it) => it.tenant.name).sort()).toEqual(['anew', 'ended-run', 'other', 'same']);
});

test('one of two parked steps that goes on is gone, although the other still waits', () => {
  const seen = listWaiting([stuck('acme', [{ step: 'qdrant.create' }, { step: 'mongodb.create' }])]);
  const { changes } = compareWaiting(seen, listWaiting([stuck('acme', [{ step: 'mongodb.create' }])]));
  expect(changes).toMatchObject([{ what: 'gone', before: { step: 'qdrant.create' } }]);
});

test('what only Temporal knows of counts as unchanged where it has not told of all', () => {
  const seen = listWaiting([otherwise('acme', 'run-fails')]);
  expect(compareWaiting(seen, [], false)).toEqual({ still: seen, changes: [] });
  expect(compareWaiting(seen, []).changes).toHaveLength(1);
});

test.each([
  ['create', 'qdrant.create', ['retry', 'abort']],
  ['create', 'qdrant.probe', ['retry', 'abort']],
  ['create', 'qdrant.drop', ['retry', 'skip']],
  ['suspend', 'qdrant.disable', ['retry', 'abort']],
  ['suspend', 'qdrant.enable', ['retry', 'skip']],
  ['resume', 'qdrant.enable', ['retry', 'abort']],
  ['hard_delete', 'qdrant.drop', ['retry', 'skip']],
  ['upgrade', 'qdrant.apply', ['retry', 'abort']],
  ['change_plan', 'qdrant.limit', ['retry', 'abort']],
  ['change_plan', 'qdrant.relimit', ['retry', 'skip']],
  ['rotate', 'qdrant.issue', ['retry', 'abort']],
  ['rotate', 'qdrant.withdraw', ['retry', 'skip']],
  ['rotate', 'qdrant.retire', ['retry', 'skip']],
  ['retire', 'qdrant.retire', ['retry', 'skip']],
  ['rotate', 'qdrant.issue', ['retry', 'abort']],
  ['rotate', 'qdrant.withdraw', ['retry', 'skip']],
  ['rotate', 'qdrant.retire', ['retry', 'skip']],
  ['retire', 'qdrant.retire', ['retry', 'skip']],
] as const)('a %s that is parked at %s can be answered by %j', (kind, step, offered) => {
  const waiting = only(stuck('acme', [{ step }], kind));
  const actions = (['retry', 'abort', 'skip'] as const).filter((it) => refusalOf(it, waiting) === undefined);
  expect(actions).toEqual(offered);
});

test('of a step that goes forward for some and is an undo for others, each takes what it can', () => {
  const step = 'qdrant.enable';
  const both = listWaiting([stuck('forward', [{ step }], 'resume'), stuck('undone', [{ step }], 'suspend')]);
  expect(answerable('abort', both).map(({ tenant }) => tenant.name)).toEqual(['forward']);
  expect(answerable('skip', both).map(({ tenant }) => tenant.name)).toEqual(['undone']);
});

test('a run that is gone is retried alone; what is overdue takes no answer', () => {
  const [gone, purge, retire] = [
    only(otherwise('a', 'run-gone')),
    only(otherwise('b', 'overdue-purge')),
    only(otherwise('c', 'overdue-retire')),
  ];
  expect(refusalOf('abort', gone)).toBeDefined();
  expect(refusalOf('skip', gone)).toBeDefined();
  expect(answerable('retry', [gone, purge, retire])).toEqual([gone]);
});

test('an operation that is parked at two steps is aborted once', () => {
  const both = listWaiting([stuck('acme', [{ step: 'qdrant.create' }, { step: 'mongodb.create' }])]);
  expect(answerable('abort', both)).toHaveLength(1);
  expect(answerable('retry', both)).toHaveLength(2);
});

test('what comes of an answer is told by the operation that was answered', () => {
  const seen = stuck('acme', [{ step: 'qdrant.create' }]);
  const waiting = only(seen);
  const after = (state: OperationState, parks: Park[] = []) =>
    outcomeOf(
      'retry',
      { waiting, reply: { as: 'given' } },
      { ...seen, status: 'active', operation: operation('acme', 'create', state, parks) },
    ).as;
  expect(after('parked', [{ step: 'qdrant.create' }])).toBe('waits');
  expect(after('running')).toBe('goes-on');
  expect(after('parked', [{ step: 'qdrant.create', parkId: 2 }])).toBe('parked-again');
  expect(after('parked', [{ step: 'mongodb.create', parkId: 3 }])).toBe('parked-again');
  expect(after('done')).toBe('mended');
  expect(after('rolled_back')).toBe('ended');
  const refused = outcomeOf('retry', { waiting, reply: { as: 'refused', title: 'Nothing is stuck', detail: '' } });
  const given = outcomeOf('retry', { waiting, reply: { as: 'given' } });
  expect(summarise([refused, given, given])).toBe('1 refused, 2 ended');
});
