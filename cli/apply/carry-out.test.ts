import type { TenantBody } from '@freeflow/contract/http';
import { EXIT, Failure } from '../failure';
import { carryOut, exitCodeOf, type Result, type Surroundings } from './carry-out';
import type { Planned } from './planned';

const code = (...outcomes: Result['outcome'][]) =>
  exitCodeOf(outcomes.map((outcome) => ({ name: 'acme', action: 'change', outcome, message: '' })));

test.each<[Result['outcome'][], number]>([
  [[], 0],
  [['done', 'done'], 0],
  [['done', 'parked'], 3],
  [['parked', 'refused', 'done'], 1],
  [['parked', 'changed-since'], 1],
  [['parked', 'held-back'], 1],
  [['unreachable', 'held-back'], 4],
  [['rolled-back'], 1],
  [['refused', 'unreachable'], 4],
  [['done', 'unreachable', 'not-begun'], 130],
])('the worst decides how the command ends: %j is %i', (outcomes, expected) => {
  expect(code(...outcomes)).toBe(expected);
});

describe('what is pruned', () => {
  const removed: string[] = [];
  const refuse = () => Promise.reject(new Failure(EXIT.refused, 'No.', 'Ask.'));
  const stark = {
    id: 'stark',
    name: 'stark',
    status: 'active',
    labels: {},
    holdUntil: null,
    operation: null,
  } as unknown as TenantBody;
  const around = {
    signal: new AbortController().signal,
    progress: { begun: () => undefined, ended: () => undefined },
    tools: {
      freeflow: 'freeflow',
      tenants: {
        list: refuse,
        get: async () => stark,
        remove: async (id: string) => {
          removed.push(id);
          return stark;
        },
      },
    },
  } as unknown as Surroundings;
  const deletion: Planned = { action: 'delete', name: 'stark', tenant: stark };
  const failing: Planned = { action: 'create', name: 'acme', entry: { name: 'acme' }, changes: [] };
  const leftAlone: Planned = { action: 'blocked', name: 'hooli', code: 'soft-deleted', why: '', advice: '' };
  const outcomesOf = async (...plan: Planned[]) =>
    (await carryOut(plan, 4, around)).map(({ name, outcome }) => [name, outcome]);
  beforeEach(() => removed.splice(0));

  test('stays where what comes before has failed: it may be what was to take its place', async () => {
    expect(await outcomesOf(deletion, failing)).toEqual([
      ['acme', 'refused'],
      ['stark', 'held-back'],
    ]);
    expect(removed).toEqual([]);
  });

  test('is soft-deleted where something is left alone only, as the plan has said', async () => {
    expect(await outcomesOf(leftAlone, deletion)).toEqual([
      ['hooli', 'refused'],
      ['stark', 'done'],
    ]);
    expect(removed).toEqual(['stark']);
  });
});
