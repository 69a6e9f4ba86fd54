import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../stack/project';

const PAGE = path.join(projectRoot(), 'dist/console/page');
const MOST_BYTES = 250_000;

interface Part {
  file: string;
  css?: string[];
  imports?: string[];
}
const manifest = JSON.parse(readFileSync(path.join(PAGE, 'manifest.json'), 'utf8')) as Record<string, Part>;

/** A part with all that it can't do without, by the names of the files. */
function filesOf(name: string, seen = new Set<string>()): Set<string> {
  const part = manifest[name];
  if (part === undefined) throw new Error(`the page has no ${name}`);
  if (seen.has(part.file)) return seen;
  for (const it of [part.file, ...(part.css ?? [])]) seen.add(it);
  for (const it of part.imports ?? []) filesOf(it, seen);
  return seen;
}

const bytesOf = (files: Iterable<string>): number =>
  [...files].reduce((sum, it) => sum + statSync(path.join(PAGE, `${it}.br`)).size, 0);

const pages = Object.keys(manifest).filter((it) => /^src\/pages\/[\w-]+\/page\.tsx$/.test(it));

test('the pages are parts of their own', () => {
  expect(pages.length).toBeGreaterThan(1);
});

test.each(pages)('what is loaded before %s is shown is small enough', (page) => {
  const files = filesOf(page, filesOf('index.html'));
  expect(bytesOf(files)).toBeLessThan(MOST_BYTES);
});
