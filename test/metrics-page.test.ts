import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../stack/project';
import { metricsPage } from './support/metrics-page';

test('the page of the metrics says what the table says', () => {
  const file = path.join(projectRoot(), 'docs', 'metrics.md');
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, metricsPage());
  expect(readFileSync(file, 'utf8')).toBe(metricsPage());
});
