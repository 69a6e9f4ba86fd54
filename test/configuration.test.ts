import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../stack/project';
import { configurationPage, requiredTable } from './support/configuration-page';

test('the page of the configuration says what the schemas say', () => {
  const file = path.join(projectRoot(), 'docs', 'reports', 'configuration.md');
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, configurationPage());
  expect(readFileSync(file, 'utf8')).toBe(configurationPage());
});

test('the README names every variable that has no default', () => {
  const file = path.join(projectRoot(), 'README.md');
  const wordsOf = (text: string) =>
    text.replace(/(<!-- required variables: .*-->\n)[^]*(<!-- end -->)/, `$1${requiredTable()}\n$2`);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(file, wordsOf(readFileSync(file, 'utf8')));
  expect(readFileSync(file, 'utf8')).toContain(`${requiredTable()}\n<!-- end -->`);
});

test('every variable is explained, and says what it must be', () => {
  const rows = configurationPage()
    .split('\n')
    .filter((line) => /^\| `/.test(line))
    .map((line) => line.split(' | '));
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter((cells) => cells.length !== 5 || cells.slice(0, 4).some((cell) => cell.trim() === ''))).toEqual(
    [],
  );
});
