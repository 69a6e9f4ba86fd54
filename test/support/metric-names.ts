import { METRICS, type MetricName, type MetricRow } from '@freeflow/lib/metrics';

/** The series of a histogram, by what its name ends with. */
const PARTS = /_(?:bucket|sum|count)$/;

const isOurs = (name: string): name is MetricName => Object.hasOwn(METRICS, name);

const isRegistered = (series: string): boolean => {
  const histogram = series.replace(PARTS, '');
  if (isOurs(series)) return (METRICS[series] as MetricRow).type !== 'histogram';
  return isOurs(histogram) && (METRICS[histogram] as MetricRow).type === 'histogram';
};

/** The metrics of ours that expressions name and no process serves, rules that are recorded aside. */
export const unknownMetrics = (expressions: readonly string[]): string[] => [
  ...new Set(expressions.flatMap((it) => it.match(/\bfreeflow_\w+/g) ?? []).filter((it) => !isRegistered(it))),
];

/** The labels by which expressions select, group or match one metric, that it does not have. */
export function unknownLabels(expressions: readonly string[]): string[] {
  const selectors = expressions.flatMap((it) => [...it.matchAll(/\b(freeflow_\w+)\{([^}]*)\}/g)]);
  return selectors.flatMap(([, series = '', selector = '']) => {
    const name = isOurs(series) ? series : series.replace(PARTS, '');
    const labels = isOurs(name) ? Object.keys(METRICS[name].labels) : [];
    return [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)]
      .map(([, label = '']) => label)
      .filter((label) => !labels.includes(label) && label !== 'le' && label !== 'instance')
      .map((label) => `${series}{${label}}`);
  });
}
