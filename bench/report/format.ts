import type { Group, Row, Unit } from './schema';

const DIGITS: Readonly<Record<Unit, number>> = {
  ms: 0,
  s: 1,
  'tenants/s': 2,
  'operations/s': 1,
  '×': 2,
  '%': 1,
  MB: 1,
  calls: 0,
};

/** A figure as people read it: as many digits as mean something. */
export const formatFigure = (value: number, unit: Unit): string =>
  // Below ten, a millisecond more or less is much.
  value.toFixed(unit === 'ms' && value < 10 ? 1 : DIGITS[unit]);

const COLUMNS = ['n', 'min', 'p50', 'p90', 'max'] as const;

/** Whether rows stand at places of an axis, so that a table needs a column for it. */
const hasAxis = ({ rows }: Group): boolean => rows.some(({ at }) => at !== undefined);

export const headOf = (group: Group): string[] => [
  group.unit,
  ...(hasAxis(group) ? [group.axis ?? ''] : []),
  ...COLUMNS,
];

export const cellsOf = (group: Group, row: Row): string[] => [
  row.label,
  ...(hasAxis(group) ? [String(row.at ?? '')] : []),
  ...COLUMNS.map((column) => (column === 'n' ? String(row.n) : formatFigure(row[column], group.unit))),
];
