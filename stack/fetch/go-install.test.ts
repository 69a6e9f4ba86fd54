import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goPrograms, type GoPrograms } from './go-install';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'freeflow-go-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const pinned: GoPrograms = {
  module: 'a.example/m',
  version: 'v1.2.3',
  go: '1.26.8',
  programs: { one: 'cmd/one', two: 'cmd/two/one' },
};
/** A program of that name, in place of Go. */
const putGo = (script: string) => writeFileSync(join(folder, 'go'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
const programs = (PATH = `${folder}:/usr/bin:/bin`) =>
  goPrograms(pinned, {
    cache: join(folder, 'cache'),
    env: { PATH },
    signal: new AbortController().signal,
    onBuild: () => undefined,
  });

test('without Go, or with an older one, it says which is needed', async () => {
  await expect(programs(folder)).rejects.toThrow('a.example/m is built by Go 1.26.8 or newer, and there is none');
  putGo('echo go1.25.9');
  await expect(programs()).rejects.toThrow('and this is 1.25.9');
});

test('each is built at the pinned version and found by its own name, though packages may be called the same', async () => {
  putGo('case "$1" in env) echo go1.26.10;; install) echo "$4" > "$GOBIN/one";; esac');
  const built = await programs();
  expect(['one', 'two'].map((it) => readFileSync(join(built, it), 'utf8').trim())).toEqual([
    'a.example/m/cmd/one@v1.2.3',
    'a.example/m/cmd/two/one@v1.2.3',
  ]);
  putGo('exit 1');
  expect(await programs()).toBe(built);
});
