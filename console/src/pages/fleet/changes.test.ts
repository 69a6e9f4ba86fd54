import { FLEET_STATES, type FleetChange, type FleetUpgradeBody } from '@freeflow/contract/http';
import { behindText } from './behind-text';
import { countBehind, refusalOf, whyNoStart } from './changes';

const NONE = { waiting: 0, running: 0, done: 0, failed: 0, left: 0, cancelled: 0 };
const upgrade = (state: FleetUpgradeBody['state'], its: Partial<FleetUpgradeBody> = {}): FleetUpgradeBody => ({
  id: state,
  version: 2,
  canary: 2,
  concurrency: 8,
  pauseOnFailures: 3,
  only: [],
  state,
  reason: null,
  counts: { ...NONE, failed: 1 },
  requestedBy: 'alice',
  createdAt: '2026-11-28T00:00:00.000Z',
  endedAt: state === 'done' ? '2026-11-28T01:00:00.000Z' : null,
  tenants: [],
  ...its,
});
const offered = (it: FleetUpgradeBody, last: FleetUpgradeBody = it) =>
  (['pause', 'resume', 'retry', 'cancel'] as const satisfies readonly FleetChange[]).filter(
    (change) => refusalOf(change, it, last) === undefined,
  );

test('what can be asked of an upgrade follows from its state', () => {
  const expected = {
    running: ['pause', 'retry', 'cancel'],
    paused: ['resume', 'retry', 'cancel'],
    cancelled: [],
    done: ['retry'],
  };
  expect(Object.fromEntries(FLEET_STATES.map((it) => [it, offered(upgrade(it))]))).toEqual(expected);
});

test('nothing is retried where none has failed, nor beside another upgrade', () => {
  expect(offered(upgrade('done', { counts: NONE }))).toEqual([]);
  expect(offered(upgrade('done', { counts: { ...NONE, left: 1 } }))).toEqual(['retry']);
  expect(offered(upgrade('done'), upgrade('running'))).toEqual([]);
  expect(offered(upgrade('done'), upgrade('done', { id: 'another' }))).toEqual(['retry']);
});

test('one upgrade is started at a time, and none without a blueprint', () => {
  expect(whyNoStart({ version: 2, upgrade: null })).toBeUndefined();
  expect(whyNoStart({ version: 2, upgrade: upgrade('done') })).toBeUndefined();
  expect(whyNoStart({ version: 2, upgrade: upgrade('paused') })).toContain('under way');
  expect(whyNoStart({ version: null, upgrade: null })).toContain('BLUEPRINT_DIR');
});

test('those are behind that have an earlier version, or none', () => {
  const versions = [3, 2, 1, null].map((version, at) => ({ version, publishedAt: null, tenants: 10 ** at }));
  expect(countBehind({ versions }, 3)).toBe(1_110);
  expect(countBehind({ versions }, 1)).toBe(1_000);
});

test.each([
  [{ now: 39, later: 1 }, 'An upgrade would give version 2 to 39 tenants now, with 1 tenant left for later'],
  [{ now: 1, later: 0 }, 'An upgrade would give version 2 to 1 tenant now.'],
  [{ now: 0, later: 2 }, 'An upgrade would upgrade none now, with 2 tenants left for later'],
  [{ now: 0, later: 0 }, 'All tenants have version 2: an upgrade would change nothing.'],
])('what an upgrade would do is told: %j', (behind, text) => {
  expect(behindText({ version: 2, behind })).toContain(text);
});
