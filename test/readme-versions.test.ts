import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../stack/project';
import { SUPPORTED_VERSIONS } from './support/supported-versions';

const readme = readFileSync(path.join(projectRoot(), 'README.md'), 'utf8');

test.each(Object.values(SUPPORTED_VERSIONS))(
  'the README names the versions of $title that doctor judges by',
  ({ title, tested, supported = [], least }) => {
    const row = readme.split('\n').find((it) => it.startsWith(`| ${title} | ${tested[0]}`)) ?? '';
    const columns = row.split('|').map((it) => it.trim());
    expect(columns[2]).toContain(tested.join(', '));
    expect(columns[3]?.startsWith(supported.join(', '))).toBe(true);
    expect(columns[4]).toBe(least?.version ?? '');
  },
);
