import { execFileSync } from 'node:child_process';
import { quoteShell, quoteShellIfNeeded } from '.';

const HOSTILE = [
  '',
  'a b',
  "it's",
  `'"'"'`,
  '$(id) `id` $HOME',
  'a\nb',
  '*',
  '~',
  'a;b',
  'postgresql://u:p%40@h:1/d?a=b&c=d',
];
const PLAIN = ['acme', '/srv/my-stack_2', '--name=acme', 'http://127.0.0.1:3000/docs'];

const readBack = (words: readonly string[]): string[] =>
  execFileSync('sh', ['-c', `printf '%s\\0' ${words.join(' ')}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);

test.each([
  ['quoteShell', quoteShell],
  ['quoteShellIfNeeded', quoteShellIfNeeded],
])('%s: a shell reads back what was quoted, and runs none of it', (_name, quoted) => {
  const words = [...HOSTILE, ...PLAIN];
  expect(readBack(words.map(quoted))).toEqual(words);
});

test('what needs no quotes has none', () => {
  expect(PLAIN.map(quoteShellIfNeeded)).toEqual(PLAIN);
});
