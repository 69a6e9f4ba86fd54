import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import { readRules } from '../../test/support/alert-rules';
import { unknownLabels, unknownMetrics } from '../../test/support/metric-names';
import { DASHBOARDS, dashboardFiles } from './dashboards';

const FOLDER = path.join(projectRoot(), 'deploy', 'dashboards');

test.each(dashboardFiles().map(({ file, text }) => [path.basename(file), text]))(
  '%s is what the generator makes (npm run dashboards)',
  (file, text) => {
    expect(readFileSync(path.join(FOLDER, file), 'utf8')).toBe(text);
  },
);

test('there is no other dashboard', () => {
  const files = readdirSync(FOLDER).filter((it) => it.endsWith('.json'));
  expect(new Set(files)).toEqual(new Set(dashboardFiles().map(({ file }) => path.basename(file))));
});

test.each(DASHBOARDS)('every metric and every label that "$title" names is one that a process serves', ({ rows }) => {
  const expressions = Object.values(rows).flatMap((panels) =>
    panels.flatMap(({ shows }) => shows.map(([expr]) => expr)),
  );
  expect(expressions.length).toBeGreaterThan(4);
  expect(unknownMetrics(expressions)).toEqual([]);
  expect(unknownLabels(expressions)).toEqual([]);
  const { records } = readRules(path.join(projectRoot(), 'deploy', 'alerts'));
  const recorded = expressions.flatMap((it) => it.match(/\bfreeflow:[\w:]+/g) ?? []);
  expect(recorded.filter((name) => !records.some((it) => it.record === name))).toEqual([]);
});
