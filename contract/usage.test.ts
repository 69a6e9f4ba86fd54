import { levelOf, measuredText, percentOf } from './usage';

test.each([
  ['size', 0, '0 B'],
  ['size', 1_023, '1023 B'],
  ['size', 1_536, '1.5 kB'],
  ['size', 52_428_800, '50 MB'],
  ['objects', 1_536, '1536'],
] as const)('%s %i is told as %s', (measure, value, text) => {
  expect(measuredText(measure, value)).toBe(text);
});

test.each([
  [79, 0, 0],
  [80, 0, 80],
  [99, 80, 80],
  [100, 80, 100],
  [250, 0, 100],
  [96, 100, 100],
  [94, 100, 80],
  [75, 80, 80],
  [74, 80, 0],
  [74, 100, 0],
])('at %i percent, after level %i, the level is %i', (percent, before, level) => {
  expect(levelOf(percent, before)).toBe(level);
});

test('percents are rounded down: all of it is used only when it is', () => {
  expect([percentOf(999, 1000), percentOf(1000, 1000), percentOf(0, 5)]).toEqual([99, 100, 0]);
});
