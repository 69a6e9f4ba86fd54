import { quantile, ratiosOf, summarize } from './statistics';

test('quantiles lie between two values by straight line, whatever their order', () => {
  expect(quantile([40, 10, 30, 20], 0.5)).toBe(25);
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([10, 20], 0.9)).toBeCloseTo(19);
});

test('values are sorted as numbers, and left as they were', () => {
  const values = [100, 9, 20];
  expect(summarize(values)).toEqual({ n: 3, min: 9, p50: 20, p90: 84, max: 100 });
  expect(values).toEqual([100, 9, 20]);
});

test('one value is all of its summary', () => {
  expect(summarize([7])).toEqual({ n: 1, min: 7, p50: 7, p90: 7, max: 7 });
});

test('there is no summary of nothing', () => {
  expect(() => summarize([])).toThrow(RangeError);
});

test('ratios are of pairs, not of medians', () => {
  expect(ratiosOf([10, 90], [20, 30])).toEqual([0.5, 3]);
  expect(() => ratiosOf([1], [1, 2])).toThrow(RangeError);
});
