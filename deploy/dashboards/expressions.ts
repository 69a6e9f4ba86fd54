/** Within what so many of a hundred stay, by the buckets of a histogram; its series by these labels. */
export const quantile = (percent: number, histogram: string, by: readonly string[] = []): string =>
  `histogram_quantile(${percent / 100}, sum by (${['le', ...by].join(', ')}) (rate(${histogram}[$__rate_interval])))`;

/** Events of a counter in each interval that is shown. */
export const events = (counter: string, by: readonly string[]): string =>
  `sum by (${by.join(', ')}) (increase(${counter}[$__rate_interval]))`;

/** A fact, which every API process serves alike. */
export const fact = (gauge: string, by: readonly string[] = []): string =>
  by.length === 0 ? `max(${gauge})` : `max by (${by.join(', ')}) (${gauge})`;
