import { measuredText, MEASURES } from '@freeflow/contract';
import type { UsageBody, UsageListBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';
import { inColumns } from './table';
import { age } from './time';

type Backend = UsageBody['backends'][number];
type Measured = Backend['measures'][number];

const percentText = (percent: number | null): string => {
  if (percent === null) return '';
  const text = `${percent} %`;
  if (percent >= 100) return pc.red(text);
  return percent >= 80 ? pc.yellow(text) : text;
};

const cellsOf = ({ backend, measuredAt }: Pick<Backend, 'backend' | 'measuredAt'>, it: Measured): string[] => [
  backend,
  MEASURES[it.measure].title,
  measuredText(it.measure, it.value),
  it.limit === null ? '' : measuredText(it.measure, it.limit),
  percentText(it.percent),
  `${age(measuredAt)} ago`,
];

const HEAD = ['BACKEND', 'OF', 'USED', 'LIMIT', 'PERCENT', 'MEASURED'];

/** What one tenant uses. */
export const usageTable = ({ backends }: UsageBody, columns: number | undefined): string =>
  backends.length === 0
    ? 'Nothing was measured yet: an hourly schedule does. Now: freeflow reconcile'
    : inColumns(
        HEAD,
        backends.flatMap((it) => it.measures.map((measure) => cellsOf(it, measure))),
        columns,
      );

/** Who is near a limit. */
export const nearTable = ({ items }: UsageListBody, columns: number | undefined): string =>
  items.length === 0
    ? 'Nobody uses 80 % of a limit or more.'
    : inColumns(
        ['TENANT', ...HEAD],
        items.flatMap((it) =>
          it.measures
            .filter(({ percent }) => percent !== null && percent >= 80)
            .map((measure) => [it.name, ...cellsOf(it, measure)]),
        ),
        columns,
      );
