import { BUSY, isBusy } from './busy';
import { cellsOf, formatFigure, headOf } from './format';
import type { Plot } from './plots';
import type { Group, Machine, Outcome, Report } from './schema';

const INTRO = `How fast the product is, all by one command on one machine. Written by \`npm run bench\` from
\`docs/performance/latest.json\`, which holds every single value.

The yardstick is a bare script (\`bench/script/\`): the same calls on the same servers, side by side, a status and a log, the
tenant's credentials tried. It has no ledger, no lock, no retry, no undo and no proof of absence; what it is quicker by is their price.
Product and script take turns in one run, and ratios are of pairs: what slowed the machine for a moment slowed both. Times differ
from machine to machine, ratios far less. Below 1 the product is quicker, or, where a rate is compared, slower.`;

/** The sections that another command, or somebody by hand, has written: they are kept as they are. */
const OTHER_SECTIONS = ['## Many tenants', '## What is missed, and why'];

/**
 * The page of a report.
 * @param before the page as it was, for the sections that are not of this report
 */
export const writePage = (report: Report, before: string, plots: readonly Plot[]): string =>
  [
    '# Performance',
    INTRO,
    machineTable(report.machine, report),
    ...(isBusy(report.machine) ? [`**${BUSY}**`] : []),
    '## In short',
    summaryTable(report),
    ...report.outcomes.flatMap((it) => section(it, report, plots)),
    ...OTHER_SECTIONS.flatMap((it) => otherSection(before, it)),
  ].join('\n\n') + '\n';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, at) => (at === 0 ? '---' : '--:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

function machineTable({ cpu, cores, memoryGb, system, loadBefore, versions, commit }: Machine, report: Report): string {
  const rows = [
    ['machine', `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}; load before the run ${loadBefore}`],
    [
      'servers',
      Object.entries(versions)
        .map((it) => it.join(' '))
        .join(', '),
    ],
    ['commit', `\`${commit}\``],
    ['run', `\`${report.command}\`, ${report.startedAt.slice(0, 16).replace('T', ' ')} UTC`],
  ];
  return ['| | |', '| --- | --- |', ...rows.map((cells) => `| ${cells.join(' | ')} |`)].join('\n');
}

/** Every ratio of the run. */
function summaryTable({ outcomes }: Report): string {
  const rows = outcomes.flatMap(({ title, result }) =>
    (result?.groups ?? [])
      .filter(({ unit }) => unit === '×')
      .flatMap((group) =>
        group.rows.map((row) => [
          `${title}: ${row.label}`,
          formatFigure(row.p50, '×'),
          `${formatFigure(row.min, '×')} to ${formatFigure(row.p90, '×')}`,
          String(row.n),
        ]),
      ),
  );
  return rows.length === 0
    ? 'No ratio was measured in this run.'
    : table(['FreeFlow / script', 'p50', 'min to p90', 'pairs'], rows);
}

function section(outcome: Outcome, report: Report, plots: readonly Plot[]): string[] {
  const { title, about, state, reason, result, name } = outcome;
  const image = ({ title: alt, file }: Plot) => `![${alt}](performance/${file})`;
  const imagesOf = (key: string | null) => plots.filter((it) => it.scenario === name && it.group === key).map(image);
  return [
    `## ${title}`,
    about,
    ...(isOfThisRun(outcome, report) ? [] : [otherRun(outcome)]),
    ...(state === 'done'
      ? []
      : [`**${state === 'failed' ? 'Failed' : 'Left out'}**: ${reason ?? 'no reason is given'}.`]),
    ...imagesOf(null),
    ...(result?.groups ?? []).flatMap((group) => [`### ${group.title}`, ...imagesOf(group.title), groupTable(group)]),
    ...(result?.notes ?? []).map((it) => `- ${it}`),
  ];
}

const groupTable = (group: Group): string =>
  table(
    headOf(group),
    group.rows.map((row) => cellsOf(group, row)),
  );

const isOfThisRun = ({ measured }: Outcome, { command, machine }: Report): boolean =>
  measured.command === command && measured.commit === machine.commit;

const otherRun = ({ measured: { at, command, commit } }: Outcome): string =>
  `Of another run: \`${command}\`, ${at.slice(0, 10)}, commit \`${commit}\`.`;

function otherSection(before: string, heading: string): string[] {
  const start = before.indexOf(`${heading}\n`);
  if (start < 0) return [];
  const end = before.indexOf('\n## ', start);
  return [before.slice(start, end < 0 ? undefined : end).trim()];
}
