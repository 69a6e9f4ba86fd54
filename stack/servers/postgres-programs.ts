import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { cachedFolder } from '../fetch/cache';
import { mayRun, type User } from './postgres-user';

/** For root alone to write into, and for everybody to read. */
const SYSTEM_CACHE = '/var/cache/freeflow';
const manifest = z.object({ version: z.string() });

/**
 * The server's programs where another user than root may run them. A checkout in a folder that only root may enter (a home) shuts
 * that user out: root's right to pass through is no help, since initdb asks by access(2), which goes by the user alone.
 * @param path of the server among its package's programs
 * @param note is told where they were copied to
 */
export async function programsFor(user: User | undefined, path: string, note: (text: string) => void): Promise<string> {
  if (user === undefined || mayRun(user, path)) return path;
  const home = dirname(dirname(path));
  const { version } = manifest.parse(JSON.parse(readFileSync(join(dirname(home), 'package.json'), 'utf8')));
  mkdirSync(SYSTEM_CACHE, { recursive: true });
  chmodSync(SYSTEM_CACHE, 0o755);
  const folder = await cachedFolder(SYSTEM_CACHE, `postgresql-${version}`, async (temporary) => {
    cpSync(home, temporary, { recursive: true, verbatimSymlinks: true });
    openToAll(temporary);
    note(`its programs are copied to ${SYSTEM_CACHE}, since the user that it runs as may not enter this folder`);
  });
  return join(folder, 'bin', 'postgres');
}

/** Lets everybody read, whatever umask the files were installed with. */
function openToAll(path: string): void {
  const it = lstatSync(path);
  if (it.isSymbolicLink()) return;
  const isRunnable = it.isDirectory() || (it.mode & 0o100) !== 0;
  chmodSync(path, isRunnable ? 0o755 : 0o644);
  if (it.isDirectory()) for (const name of readdirSync(path)) openToAll(join(path, name));
}
