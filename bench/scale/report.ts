import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import type { IdleCost } from './idle';
import type { Comparison } from './measure';

/** All figures of one run. */
export interface ScaleReport {
  measuredAt: string;
  command: string;
  machine: { cpu: string; cores: number; memoryGb: number; loadBefore: number };
  node: string;
  postgres: string;
  commit: string;
  few: number;
  many: number;
  rounds: number;
  calls: ({ name: string; rows: number; tablesReadWhole: string[] } & Comparison)[];
  /** Every filter of the list with every other: how many there are, and the most rows that one of them reads. */
  filters: { combinations: number; mostRows: number; route: string; tablesReadWhole: string[] };
  idle: IdleCost;
}

const HEADING = '## Many tenants';
const PAGE = path.join(projectRoot(), 'docs/performance.md');
/** The figures in the tree: the section is written from them. */
export const FIGURES = 'docs/performance/scale.json';

/**
 * Writes the figures, and where they are the tree's, the section of the page. @param out relative to the project root
 */
export function writeReport(report: ScaleReport, out: string): void {
  const file = path.resolve(projectRoot(), out);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  if (file !== path.join(projectRoot(), FIGURES)) return;
  const before = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '# Performance\n';
  writeFileSync(PAGE, replaceSection(before, sectionOf(report)));
}

/** The page with this section in place of the one that it has, or at its end. Pure. */
export function replaceSection(page: string, section: string): string {
  const start = page.indexOf(HEADING);
  if (start < 0) return `${page.trimEnd()}\n\n${section}`;
  const end = page.indexOf('\n## ', start + HEADING.length);
  return `${page.slice(0, start)}${section}${end < 0 ? '' : page.slice(end)}`;
}

/** The section as Markdown. Pure. */
export function sectionOf(report: ScaleReport): string {
  const { machine, few, many, filters, idle } = report;
  const rows = report.calls.map((it) => [
    it.name,
    ms(it.small.p50),
    ms(it.large.p50),
    it.ratio.toFixed(2),
    ms(it.large.p99),
    String(it.rows),
    it.tablesReadWhole.join(', ') || '-',
  ]);
  return `${HEADING}

${few.toLocaleString('en')} tenants beside ${many.toLocaleString('en')}, with as many operations and twenty times as many log rows, of the real API and with the worker's own
statements; in turns, ${report.rounds} times each. Times in ms as a client sees them. *rows*: rows of tables and entries of indexes that PostgreSQL looks at for it,
beside ${many.toLocaleString('en')}; *whole*: tables that it reads through.

${table(['', `p50, ${few.toLocaleString('en')}`, `p50, ${many.toLocaleString('en')}`, 'ratio', 'p99', 'rows', 'whole'], rows)}

Every filter of the list with every other, ${filters.combinations} in all: ${filters.mostRows} rows at most (\`${filters.route}\`), tables read through: ${filters.tablesReadWhole.join(', ') || 'none'}.

A worker that has nothing to do, ${idle.seconds} s: ${idle.statements} statements, which look at ${idle.rows} rows; tables read through: ${idle.tablesReadWhole.join(', ') || 'none'}.

${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, load before the run ${machine.loadBefore.toFixed(1)}${
    machine.loadBefore > machine.cores ? ' (others were at work: ratios and rows count, times do not)' : ''
  }; PostgreSQL ${report.postgres}, Node ${report.node}, commit ${report.commit}, ${report.measuredAt.slice(0, 10)}: \`${report.command}\`. All figures:
[scale.json](performance/scale.json).
`;
}

const ms = (value: number): string => value.toFixed(1);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, at) => (at === 0 ? '---' : '--:')), ...rows].map((it) => `| ${it.join(' | ')} |`).join('\n');
