import { colours } from '@freeflow/lib/colours';
import { inColumns } from '../../cli/show/table';
import { cellsOf, headOf } from './format';
import type { Outcome, Report } from './schema';

/** All tables of a run, for the terminal. */
export const describeReport = ({ outcomes }: Report): string => outcomes.map(describeOutcome).join('\n\n');

function describeOutcome({ title, state, reason, seconds, result }: Outcome): string {
  const head = colours.bold(`${title} (${state}, ${seconds} s)`);
  const tables = result?.groups.map(
    (group) =>
      `${group.title}\n${inColumns(
        headOf(group),
        group.rows.map((row) => cellsOf(group, row)),
        undefined,
      )}`,
  );
  return [head, ...(reason === null ? [] : [reason]), ...(tables ?? []), ...(result?.notes ?? [])].join('\n\n');
}
