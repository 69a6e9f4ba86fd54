/**
 * Where a metric is served: by every worker, by every API process, or, a fact of the master database, by the API alone,
 * which answers while workers and Temporal are away.
 */
export type MetricSource = 'worker' | 'api' | 'installation';

interface CommonRow {
  readonly of: MetricSource;
  /** What it says, for whoever meets it in Prometheus. */
  readonly help: string;
  /** Each label with the values it can have; null where only the process knows them. Never a tenant's name or id. */
  readonly labels: Readonly<Record<string, readonly string[] | null>>;
  /**
   * The sets of labels that are there from the start, with 0: a series that begins with its first event hides that
   * event from `rate`. @default every set, where all values are known; of a histogram none
   */
  readonly zeros?: readonly Readonly<Record<string, string>>[];
}

interface PlainRow extends CommonRow {
  readonly type: 'counter' | 'gauge';
}

interface HistogramRow extends CommonRow {
  readonly type: 'histogram';
  /** The upper bounds of its buckets. */
  readonly buckets: readonly number[];
}

export type MetricRow = PlainRow | HistogramRow;

/** Every set of labels of which each has one of its values. */
export function crossProduct(labels: Readonly<Record<string, readonly string[]>>): Record<string, string>[] {
  let sets: Record<string, string>[] = [{}];
  for (const [label, values] of Object.entries(labels))
    sets = sets.flatMap((set) => values.map((value) => ({ ...set, [label]: value })));
  return sets;
}
