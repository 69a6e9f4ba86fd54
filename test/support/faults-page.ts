import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../stack/project';

const FILE = path.join(projectRoot(), 'docs/reports/faults.md');

const INTRODUCTION = `# Faults

What was broken on purpose, and what was seen then. Written by \`npm run test:faults\` and \`npm run test:chaos\` from what they have seen; \`npm run test:resilience\` runs a part of it.`;

/** The sections, in the order of the page; each is written by a suite of its own. */
const TITLES = [
  'Killed workers',
  'Parked in numbers',
  'Killed servers',
  'The master database under pressure',
  'Chaos',
] as const;
export type Title = (typeof TITLES)[number];

export const readPage = (): string => (existsSync(FILE) ? readFileSync(FILE, 'utf8') : '');

/** When and on which commit a section was measured; the commit has the versions of the servers. */
function origin(): string {
  const { stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: projectRoot(), encoding: 'utf8' });
  // Nothing where there is no git: an hour's figures are not lost for that.
  const commit = stdout?.trim() || 'an unknown commit';
  return `Measured on ${new Date().toISOString().slice(0, 10)}, with the code of ${commit} or after it.`;
}

/** Replaces one section, the others stay. */
export function writeSection(title: Title, body: string): void {
  writeSections(readSections().set(title, `${origin()}\n\n${body.trim()}`));
}

/** Changes a part of one section, whose other parts stay what they were measured by. */
export function changeSection(title: Title, change: (body: string, measured: string) => string): void {
  const sections = readSections();
  writeSections(sections.set(title, change(sections.get(title) ?? '', origin())));
}

function readSections(): Map<string, string> {
  const parts = readPage().split(/^## /m).slice(1);
  return new Map(
    parts.map((it) => {
      const end = it.indexOf('\n');
      return [it.slice(0, end), it.slice(end).trim()];
    }),
  );
}

function writeSections(known: ReadonlyMap<string, string>): void {
  const sections = TITLES.filter((it) => known.has(it)).map((it) => `## ${it}\n\n${known.get(it)}\n`);
  writeFileSync(FILE, `${INTRODUCTION}\n\n${sections.join('\n')}`);
}
