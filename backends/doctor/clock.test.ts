import fc from 'fast-check';
import { inSeconds, skewOf } from './clock';

const ms = fc.integer({ min: 0, max: 100_000 });

test('a clock as ours shows no skew, however long the call took and whenever the server looked', () => {
  fc.assert(
    fc.property(ms, ms, ms, (asked, before, after) => {
      const looked = asked + before;
      const at = Math.floor(looked / 1_000) * 1_000;
      expect(skewOf({ at, precisionMs: 1_000 }, asked, looked + after)).toBe(0);
    }),
  );
});

test.each([
  [10_000, 1, 8_000, 8_100, 1_900],
  [5_000, 1, 8_000, 8_100, -2_999],
  [5_000, 1_000, 8_000, 8_100, -2_000],
  [8_050, 1, 8_000, 8_100, 0],
])('told %i (to %i ms) for a call from %i to %i: at least %i', (at, precisionMs, asked, answered, skew) => {
  expect(skewOf({ at, precisionMs }, asked, answered)).toBe(skew);
});

test("a token's time is in seconds", () => {
  expect(inSeconds(12)).toEqual({ at: 12_000, precisionMs: 1_000 });
  expect(inSeconds(undefined)).toBeUndefined();
});
