import { stripVTControlCharacters } from 'node:util';
import { colours as pc } from '@freeflow/lib/colours';

const GAP = '  ';
const NARROWEST = 12;

/**
 * A table without lines, fit into the terminal: the last column, of free text, gets what the others leave and is cut.
 * @param columns of the terminal; undefined where the output goes elsewhere: lines stay whole then, for `grep` and
 * `awk`
 */
export function inColumns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | undefined,
): string {
  const widths = head
    .slice(0, -1)
    .map((name, at) => Math.max(name.length, ...rows.map((row) => (row[at] ?? '').length)));
  const others = widths.reduce((sum, width) => sum + width + GAP.length, 0);
  const last = columns === undefined ? Infinity : Math.max(NARROWEST, columns - others);
  const fitted = rows.map((row) =>
    row.map((cell, at) => (at < widths.length ? oneLine(cell) : cut(oneLine(cell), last))),
  );
  return [head.map((name) => pc.dim(name)), ...fitted].map((cells) => alignedLine(cells, widths)).join('\n');
}

/** Cells beside each other, each but the last as wide as its column; colours take no width. */
export const alignedLine = (cells: readonly string[], widths: readonly number[]): string =>
  cells
    .map((cell, at) => cell + ' '.repeat(Math.max(0, (widths[at] ?? 0) - stripVTControlCharacters(cell).length)))
    .join(GAP)
    .trimEnd();

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);
