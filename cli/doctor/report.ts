import { colours as pc } from '@freeflow/lib/colours';
import type { Group, Status } from '../../backends/doctor/check';
import { EXIT } from '../failure';
import { alignedLine } from '../show/table';
import type { Line } from './examine';

const COLOURS: Record<Status, (text: string) => string> = {
  ok: pc.green,
  warn: pc.yellow,
  fail: (text) => pc.bold(pc.red(text)),
  skip: pc.dim,
};
const STATUS_WIDTH = 4;

/** One group: its title and a line for each check. */
export function groupText({ title }: Group, lines: readonly Line[], width: number): string {
  const text = lines.map(({ check, status, seen, advice }) => {
    const what = `${status === 'skip' ? pc.dim(seen) : seen}${advice === '' ? '' : `. ${pc.bold(advice)}`}`;
    return `  ${alignedLine([COLOURS[status](status), check, what], [STATUS_WIDTH, width])}`;
  });
  return [pc.bold(title), ...text].join('\n');
}

const WORDS: Record<Status, string> = { ok: 'ok', warn: 'to look at', fail: 'failed', skip: 'not checked' };

/** How many ended how. */
export const summary = (lines: readonly Line[]): string =>
  (Object.keys(WORDS) as Status[])
    .map((status) => ({ status, count: lines.filter((it) => it.status === status).length }))
    .filter(({ count }) => count > 0)
    .map(({ status, count }) => COLOURS[status](`${count} ${WORDS[status]}`))
    .join(', ');

/** For programs. */
export const asJson = (lines: readonly Line[]): string =>
  JSON.stringify(
    lines.map(({ check, status, seen, advice }) => ({ check, status, seen, advice })),
    null,
    2,
  );

/** For scripts: whether a check failed, whether no server at all could be reached, and whether none was configured. */
export function exitCodeOf(groups: readonly Group[], lines: readonly Line[]): number {
  const first = new Set(
    groups
      .flatMap(({ checks }) => checks)
      .filter(({ needs, after }) => needs.length > 0 && after.length === 0)
      .map(({ name }) => name),
  );
  const tried = lines.filter(({ check, status }) => first.has(check) && status !== 'skip');
  if (tried.length === 0) return EXIT.usage;
  if (lines.every(({ status }) => status !== 'fail')) return EXIT.done;
  return tried.every(({ isUnreachable }) => isUnreachable === true) ? EXIT.unreachable : EXIT.refused;
}
