import { readFileSync } from 'node:fs';
import path from 'node:path';
import { VERSIONS } from '../backends/doctor/versions';
import { projectRoot } from '../stack/project';

interface Row {
  title: string;
  tested: readonly string[];
  supported?: readonly string[];
  least?: { version: string };
}

const readme = readFileSync(path.join(projectRoot(), 'README.md'), 'utf8');

test.each(Object.values(VERSIONS) as Row[])(
  'the README names the versions of $title that doctor judges by',
  ({ title, tested, supported = [], least }) => {
    const row = readme.split('\n').find((it) => it.startsWith(`| ${title} | ${tested[0]}`)) ?? '';
    const columns = row.split('|').map((it) => it.trim());
    expect(columns[2]).toContain(tested.join(', '));
    expect(columns[3]?.startsWith(supported.join(', '))).toBe(true);
    expect(columns[4]).toBe(least?.version ?? '');
  },
);
