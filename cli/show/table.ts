import pc from 'picocolors';
import { getBorderCharacters, table } from 'table';

const GAP = 2;
const NARROWEST = 12;
/** Where there is no terminal to fit into: lines stay whole for `grep` and `awk`. */
const ENDLESS = 10_000;

/**
 * A table without lines, fit into the terminal: the last column, of free text, gets what the others leave and is cut.
 * @param columns of the terminal; undefined where the output goes elsewhere
 */
export function inColumns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | undefined,
): string {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((row) => (row[at] ?? '').length)));
  const others = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP, 0);
  const last = Math.max(NARROWEST, (columns ?? ENDLESS) - others);
  const cells = [head.map((name) => pc.dim(name)), ...rows.map((row) => row.map(oneLine))];
  const fitted = widths.map((width, at) => (at === widths.length - 1 ? { truncate: last } : { width }));
  return table(cells, {
    border: getBorderCharacters('void'),
    columnDefault: { paddingLeft: 0, paddingRight: GAP },
    columns: fitted,
    drawHorizontalLine: () => false,
  })
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd();
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ');
