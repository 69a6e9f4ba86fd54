import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GUIDES, textOf } from '../support/documents';

/** Programs that the examples name, and that only print something here. */
const DOUBLES = ['pnpm', 'npm', 'node', 'docker', 'openssl', 'psql', 'curl'];

/** The shell blocks that write a file of variables. */
const writing = GUIDES.flatMap((file) =>
  [...textOf(file).matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, block = ''], at) =>
    />\s*\S*\.env\b/.test(block) ? [[`${file}, block ${at + 1}`, block] as const] : [],
  ),
);

test('there are such examples', () => {
  expect(writing.length).toBeGreaterThanOrEqual(3);
});

test.each(writing)(
  'what %s writes is for the eyes of its owner alone, also where the file was there and open to all',
  (_where, block) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'freeflow-documents-'));
    try {
      for (const name of DOUBLES) {
        writeFileSync(path.join(folder, name), '#!/bin/sh\necho PASSWORD=hunter22\n');
        chmodSync(path.join(folder, name), 0o755);
      }
      const names = [...new Set([...block.matchAll(/>\s*(\S*\.env)\b/g)].map(([, name = '']) => name))];
      // What an earlier try has left; `.env` is made by nothing but its block, which is run once.
      for (const name of names.filter((it) => it !== '.env'))
        writeFileSync(path.join(folder, name), 'OLD=1\n', { mode: 0o644 });
      spawnSync('bash', ['-c', `umask 022\n${block}\nwait`], {
        cwd: folder,
        env: { PATH: `${folder}:/usr/bin:/bin` },
        timeout: 20_000,
      });
      for (const name of names) {
        expect(readFileSync(path.join(folder, name), 'utf8')).toContain('hunter22');
        expect(statSync(path.join(folder, name)).mode & 0o077).toBe(0);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
