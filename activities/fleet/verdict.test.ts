import { verdictOf, type Counts } from './verdict';

const PLAN = { state: 'running', reason: null, concurrency: 4, pauseOnFailures: 2, canary: 1 };
const counts = (more: Partial<Counts>): Counts => ({
  waiting: 0,
  running: 0,
  done: 0,
  failed: 0,
  left: 0,
  cancelled: 0,
  canariesOpen: 0,
  unforgiven: 0,
  canariesUnforgiven: 0,
  unchangedMs: 0,
  ...more,
});

test.each([
  ['the canaries go first', {}, { waiting: 9, canariesOpen: 1 }, { state: 'running', slots: 4, isCanary: true }],
  [
    'then the others, as many as there is room for',
    {},
    { waiting: 8, running: 1, done: 1 },
    { slots: 3, isCanary: false },
  ],
  [
    'a canary that failed pauses it',
    {},
    { waiting: 8, failed: 1, unforgiven: 1, canariesUnforgiven: 1 },
    { state: 'paused', reason: '1 of 1 canaries failed' },
  ],
  ['once that is forgiven it goes on', {}, { waiting: 8, failed: 1 }, { state: 'running', slots: 4 }],
  [
    'so many failures pause it',
    {},
    { waiting: 5, failed: 2, unforgiven: 2 },
    { state: 'paused', reason: '2 tenants failed' },
  ],
  ['those after them count anew', {}, { waiting: 5, failed: 3, unforgiven: 1 }, { state: 'running' }],
  [
    'with nobody left to take up it is over, whatever failed',
    {},
    { done: 5, failed: 2, left: 1 },
    { state: 'done', outcome: '5 done, 2 failed, 1 left for later' },
  ],
  [
    'paused it stays so, with its reason',
    { state: 'paused', reason: 'by a person' },
    { waiting: 1 },
    { state: 'paused', reason: 'by a person' },
  ],
  ['cancelled it waits for those at work', { state: 'cancelled' }, { waiting: 3, running: 1 }, { state: 'cancelled' }],
  [
    'and is over after them',
    { state: 'cancelled' },
    { waiting: 3, done: 1 },
    { outcome: 'cancelled: 1 done, 0 failed, 0 left for later, 3 not begun' },
  ],
] as const)('%s', (_, plan, given, expected) => {
  expect(verdictOf({ ...PLAN, ...plan }, counts(given))).toMatchObject(expected);
});
