import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../stack/project';

const ROOT = projectRoot();
const PACKAGES = ['contract', 'lib', 'prisma'];

/** Our own files that a bundle was made of, as compiled. */
function madeOf(bundle: string): string[] {
  const { sources } = JSON.parse(readFileSync(`${bundle}.map`, 'utf8')) as { sources: string[] };
  const own = sources
    .map((it) => path.relative(ROOT, path.resolve(path.dirname(bundle), it)))
    .filter(
      (it) =>
        it.endsWith('.ts') && !it.startsWith('..') && !it.includes('node_modules') && existsSync(path.join(ROOT, it)),
    );
  return own.map((it) => {
    const [room = '', ...rest] = it.replace(/\.ts$/, '.js').split('/');
    return path.join(ROOT, ...(PACKAGES.includes(room) ? [room, 'dist', ...rest] : ['dist', room, ...rest]));
  });
}

test.each(['worker', 'api', 'cli'])('what starts as %s is what was compiled last', (room) => {
  const bundle = path.join(ROOT, 'dist', room, 'program.bundle.js');
  const builtAt = statSync(bundle).mtimeMs;
  const parts = madeOf(bundle);
  expect(parts.length).toBeGreaterThan(50);
  expect(parts.filter((it) => statSync(it).mtimeMs > builtAt)).toEqual([]);
});
