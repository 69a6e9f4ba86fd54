import { endOfHold } from './hold-until';

const NOW = Date.parse('2026-11-27T06:00:00.000Z');

test.each([
  ['30d', '2026-12-27T06:00:00.000Z'],
  ['12h', '2026-11-27T18:00:00.000Z'],
  ['45m', '2026-11-27T06:45:00.000Z'],
  ['2099-01-31', '2099-01-31T00:00:00Z'],
  ['2099-01-31T12:00:00+05:45', '2099-01-31T12:00:00+05:45'],
])('--until %s', (until, expected) => {
  expect(endOfHold(until, NOW)).toBe(expected);
});

test('a day or an hour that there is not is handed on for the API to refuse, not moved to the next', () => {
  for (const until of ['2099-02-30', '2099-01-31T25:00:00Z']) expect(endOfHold(until, NOW)).toContain(until);
});

test.each(['', 'tomorrow', '30 days', '30w', '-1d', '31.1.2099', '999999d', '2099-01-31T12:00:00', '2099-01-31T12:00'])(
  '--until %p is refused, and said how it is given',
  (until) => {
    expect(() => endOfHold(until, NOW)).toThrow(
      expect.objectContaining({ exitCode: 2, advice: expect.stringMatching(/a date .*, or a duration such as 30d/) }),
    );
  },
);
