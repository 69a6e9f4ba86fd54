import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import { keepOthers } from './keep-others';
import { writePage } from './page';
import { plotsOf } from './plots';
import { reportSchema, type Report } from './schema';
import { describeReport } from './terminal';

/** The one report in the tree: the page is written from it. */
const LATEST = path.join(projectRoot(), 'docs/performance/latest.json');
const PAGE = path.join(projectRoot(), 'docs/performance.md');

/**
 * Writes the figures of a run, and the page where they are the tree's.
 * @param json relative to the project root
 * @param names of all scenarios, in the order in which they are shown
 * @returns what to print
 */
export function writeReport(json: string, report: Report, names: readonly string[]): string {
  const file = path.resolve(projectRoot(), json);
  mkdirSync(path.dirname(file), { recursive: true });
  const whole = existsSync(file) ? keepOthers(readReport(file), report, names) : report;
  writeFileSync(file, `${JSON.stringify(whole, roundNumbers, 1)}\n`);
  const written = file === LATEST ? [file, rewritePage(json)] : [file];
  return [describeReport(report), '', ...written.map((it) => `Written: ${it.replace(`${projectRoot()}/`, '')}`)].join(
    '\n',
  );
}

/**
 * Writes the page and its plots from figures that are there.
 * @returns the page's file
 * @throws Error where there are none
 */
export function rewritePage(json: string): string {
  const report = readReport(path.resolve(projectRoot(), json));
  const folder = path.join(path.dirname(PAGE), 'performance');
  mkdirSync(folder, { recursive: true });
  const plots = plotsOf(report);
  for (const { file, svg } of plots) writeFileSync(path.join(folder, file), svg);
  const before = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
  writeFileSync(PAGE, writePage(report, before, plots));
  return PAGE;
}

function readReport(file: string): Report {
  if (!existsSync(file)) throw new Error(`There are no figures in ${file} yet. Run: npm run bench`);
  return reportSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** A thousandth of a millisecond is noise. */
const roundNumbers = (_key: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value;
