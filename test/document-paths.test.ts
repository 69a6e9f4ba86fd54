import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../stack/project';
import { GUIDES, markdownIn, textOf } from './support/documents';

const ROOT = projectRoot();

/** CHANGELOG.md is left out: it names what was there at its time. */
const DOCUMENTS = [...GUIDES, ...markdownIn('docs/decisions'), ...markdownIn('docs/reports')];

const ROOMS =
  'contract|lib|prisma|backends|activities|workflows|worker|api|cli|console|stack|test|lint|scripts|bench|deploy|docs|\\.ci';

/**
 * A file or folder of ours, named from the root: `workflows/saga.ts`, `backends/`. Not a part of another path or
 * address.
 */
const NAMED = new RegExp(`(?<![\\w./@:$-])(?:${ROOMS})/[\\w./-]*`, 'g');

/** Command lines of jest; what it takes is a part of a path. */
const JEST_LINES = /(?:\bnpx |\.bin\/)jest ([^`\n)]*)/g;

const withoutFullStop = (name: string) => name.replace(/\.+$/, '');

const suites = ROOMS.split('|')
  .filter((room) => existsSync(path.join(ROOT, room)))
  .flatMap((room) => readdirSync(path.join(ROOT, room), { recursive: true }).map((it) => `${room}/${String(it)}`))
  .filter((it) => it.endsWith('.test.ts') && !it.includes('node_modules/'));

test.each(DOCUMENTS)('every file that %s names is there', (file) => {
  const names = [...textOf(file).replaceAll(JEST_LINES, '').matchAll(NAMED)].map(([name]) => withoutFullStop(name));
  expect(names.filter((it) => !existsSync(path.join(ROOT, it)))).toEqual([]);
});

test.each(DOCUMENTS)('every suite that %s runs is there', (file) => {
  const patterns = [...textOf(file).matchAll(JEST_LINES)].flatMap(([, words = '']) =>
    words.split(' ').filter((it) => /^\w/.test(it)),
  );
  expect(patterns.filter((it) => !suites.some((suite) => suite.includes(it)))).toEqual([]);
});

test.each(DOCUMENTS)('every link of %s to another document leads somewhere', (file) => {
  const targets = [...textOf(file).matchAll(/\]\(([\w./-]+)(?:#[\w-]+)?\)/g)].map(([, target = '']) => target);
  const missing = targets.filter((it) => !existsSync(path.join(ROOT, path.dirname(file), it)));
  expect(missing).toEqual([]);
});

test('the page of the architecture names files of every room', () => {
  const named = textOf('docs/architecture.md').match(NAMED) ?? [];
  const rooms = ['contract', 'lib', 'prisma', 'backends', 'activities', 'workflows', 'worker', 'api', 'cli', 'stack'];
  expect(rooms.filter((room) => !named.some((it) => it.startsWith(`${room}/`) && it.endsWith('.ts')))).toEqual([]);
});
