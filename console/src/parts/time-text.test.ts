import { durationText, relativeTime, utcTime } from './time-text';

const NOW = new Date('2026-11-28T12:00:00.000Z');

test.each([
  ['2026-11-28T11:59:58Z', 'just now'],
  ['2026-11-28T11:59:30Z', '30 seconds ago'],
  ['2026-11-28T11:58:01Z', '1 minute ago'],
  ['2026-11-28T15:30:00Z', 'in 3 hours'],
  ['2026-11-27T11:00:00Z', 'yesterday'],
  ['2026-12-05T12:00:00Z', 'in 7 days'],
  ['2024-11-28T12:00:00Z', '2 years ago'],
])('%s is %s', (at, expected) => {
  expect(relativeTime(new Date(at), NOW)).toBe(expected);
});

test.each([
  [184.4, '184 ms'],
  [1_412, '1.4 s'],
  [200_000, '3 min 20 s'],
  [3_600_000 * 25, '25 h 0 min'],
  [3_600_000 * 50, '2 d 2 h'],
])('%d ms are %s', (ms, expected) => {
  expect(durationText(ms)).toBe(expected);
});

test('by the clock of servers', () => {
  expect(utcTime(NOW)).toBe('2026-11-28 12:00:00 UTC');
});
