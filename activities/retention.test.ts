import { decidePurgeAt } from './retention';

const at = (hour: number): Date => new Date(Date.UTC(2026, 0, 1, hour));
const HOUR_MS = 3_600_000;

test.each([
  ['for a full new retention', { purgeAt: at(5), datedAt: at(0), retentionMs: 6 * HOUR_MS }, at(10)],
  ['without a date before: for a full retention', { purgeAt: null, datedAt: at(4), retentionMs: 6 * HOUR_MS }, at(10)],
  [
    'as long as was granted, by a worker that keeps less',
    { purgeAt: at(5), datedAt: at(0), retentionMs: HOUR_MS },
    at(9),
  ],
  ['never less than it was to be kept', { purgeAt: at(20), datedAt: at(19), retentionMs: HOUR_MS }, at(20)],
])('data that is to be kept anew is kept %s', (_, given, until) => {
  expect(decidePurgeAt({ now: at(4), ...given })).toEqual(until);
});
