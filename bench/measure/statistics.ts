/** What is told of a set of values. */
export interface Summary {
  n: number;
  min: number;
  p50: number;
  p90: number;
  max: number;
}

/**
 * The value below which this share of all values lies, between two of them by straight line (type 7 of Hyndman and Fan,
 * as in R and NumPy).
 * @param share from 0 to 1
 * @throws RangeError where there are no values
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (below === undefined || above === undefined) throw new RangeError('there is no quantile of no values');
  return below + (above - below) * (at - Math.floor(at));
}

/** @throws RangeError where there are no values */
export const summarize = (values: readonly number[]): Summary => ({
  n: values.length,
  min: quantile(values, 0),
  p50: quantile(values, 0.5),
  p90: quantile(values, 0.9),
  max: quantile(values, 1),
});

/**
 * Each value divided by the one it was measured beside: what troubled the machine just then troubled both.
 * @throws RangeError where they are not pairs
 */
export function ratiosOf(values: readonly number[], bases: readonly number[]): number[] {
  if (values.length !== bases.length) throw new RangeError(`${values.length} values beside ${bases.length}`);
  return values.map((value, at) => value / (bases[at] ?? Number.NaN));
}
