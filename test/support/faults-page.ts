import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../stack/project';

const FILE = path.join(projectRoot(), 'docs/reports/faults.md');

const INTRODUCTION = `# Faults

What was broken on purpose, and what was seen then. Written by \`npm run test:faults\` and \`npm run test:chaos\` from what they have seen; \`npm test\` runs a part of it.`;

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

/** Replaces one section, the others stay. */
export function writeSection(title: Title, body: string): void {
  const known = new Map(
    readPage()
      .split(/^## /m)
      .slice(1)
      .map((it) => {
        const end = it.indexOf('\n');
        return [it.slice(0, end), it.slice(end).trim()];
      }),
  );
  known.set(title, body.trim());
  const sections = TITLES.filter((it) => known.has(it)).map((it) => `## ${it}\n\n${known.get(it)}\n`);
  writeFileSync(FILE, `${INTRODUCTION}\n\n${sections.join('\n')}`);
}
