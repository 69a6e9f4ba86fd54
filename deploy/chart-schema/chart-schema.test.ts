import { readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { variablesOf } from '@freeflow/lib/config';
import { parse } from 'yaml';
import { projectRoot } from '../../stack/project';
import { chartFiles } from './chart-files';
import { PROCESSES, SAME_VALUE } from './settings';

const DEPLOY = path.join(projectRoot(), 'deploy');
const CHART = path.join(DEPLOY, 'chart');
const read = (...names: string[]) => readFileSync(path.join(CHART, ...names), 'utf8');

test.each(chartFiles().map(({ file, text }) => [path.relative(CHART, file), file, text]))(
  "the chart's %s is written from the configuration (UPDATE_DOCS=1)",
  (_name, file, text) => {
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, text);
    expect(readFileSync(file, 'utf8')).toBe(text);
  },
);

test('what API and workers need the same value of is set for both alone', () => {
  const described = [PROCESSES.api, PROCESSES.worker].flatMap((schema) =>
    variablesOf(schema).flatMap(({ name, meaning }) => (/\bneeds? the same value/.test(meaning) ? [name] : [])),
  );
  expect(new Set(described)).toEqual(new Set(SAME_VALUE));
});

test('the chart is of the version of the product', () => {
  const { version } = JSON.parse(readFileSync(path.join(projectRoot(), 'package.json'), 'utf8')) as { version: string };
  expect(parse(read('Chart.yaml'))).toMatchObject({ version, appVersion: version });
});

// Helm reads nothing outside a chart, and packs what a link leads to.
test.each([
  ['alerts', '.yaml'],
  ['dashboards', '.json'],
])('the chart has all %s of the product, by links', (folder, ending) => {
  const namesIn = (...names: string[]) => readdirSync(path.join(...names)).filter((it) => it.endsWith(ending));
  const linked = namesIn(CHART, 'files', folder);
  expect(linked.length).toBeGreaterThan(2);
  expect(new Set(linked)).toEqual(new Set(namesIn(DEPLOY, folder)));
  expect(linked.map((it) => realpathSync(path.join(CHART, 'files', folder, it)))).toEqual(
    linked.map((it) => path.join(realpathSync(DEPLOY), folder, it)),
  );
});
