import { beginningOf } from './audit';

const NOW = Date.parse('2026-11-27T06:00:00.000Z');

test.each([
  ['30m', '2026-11-27T05:30:00.000Z'],
  ['2h', '2026-11-27T04:00:00.000Z'],
  ['7d', '2026-11-20T06:00:00.000Z'],
  ['2026-11-01', '2026-11-01T00:00:00Z'],
  ['2026-11-01T00:00:00Z', '2026-11-01T00:00:00Z'],
  ['2026-11-01T05:45:00+05:45', '2026-11-01T05:45:00+05:45'],
])('--since %s', (since, expected) => {
  expect(beginningOf(since, NOW)).toBe(expected);
});

test.each(['', 'yesterday', '2 weeks', '2w', '-1d', '2026', 'Nov 27 2026', '2026-11-27T06:00:00', '2026-11-27 06:00'])(
  '--since %p is refused, and said how it is given',
  (since) => {
    expect(() => beginningOf(since, NOW)).toThrow(
      expect.objectContaining({
        exitCode: 2,
        advice: expect.stringMatching(/a date .* a time with its zone .* an age/),
      }),
    );
  },
);
