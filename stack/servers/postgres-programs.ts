import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { cachedFolder } from '../fetch/cache';
import { findOnPath } from '../fetch/on-path';
import { mayRun, type User } from './postgres-user';

/** For root alone to write into, and for everybody to read. */
const SYSTEM_CACHE = '/var/cache/freeflow';

/** A package's folder, which holds all that its programs need, and one of these programs. */
interface Package {
  name: string;
  folder: string;
  program: string;
}

/**
 * The server's programs where another user than root may run them. A cache in a folder that only root may enter (a
 * home) shuts that user out: root's right to pass through is no help, since initdb checks by access(2), which goes by
 * the user alone.
 * @param note is called with where they were copied to
 * @returns the program's path, in the package's folder or in the copy of it
 */
export async function programsFor(
  user: User | undefined,
  { name, folder, program }: Package,
  note: (text: string) => void,
): Promise<string> {
  if (user === undefined || mayRun(user, program)) return program;
  mkdirSync(SYSTEM_CACHE, { recursive: true });
  chmodSync(SYSTEM_CACHE, 0o755);
  const copy = await cachedFolder(SYSTEM_CACHE, name, async (temporary) => {
    cpSync(folder, temporary, { recursive: true, verbatimSymlinks: true });
    openToAll(temporary);
    note(`programs copied to ${SYSTEM_CACHE}: the server's user may not enter ${folder}`);
  });
  return join(copy, relative(folder, program));
}

/** Makes the files readable for every user, also those installed with a narrow umask. */
function openToAll(path: string): void {
  const it = lstatSync(path);
  if (it.isSymbolicLink()) return;
  const isRunnable = it.isDirectory() || (it.mode & 0o100) !== 0;
  chmodSync(path, isRunnable ? 0o755 : 0o644);
  if (it.isDirectory()) for (const name of readdirSync(path)) openToAll(join(path, name));
}

/** Another program of the same installation (initdb, psql): it lies beside the server, or on PATH. */
export function programBeside(server: string, name: string, env: NodeJS.ProcessEnv): string | undefined {
  const beside = join(dirname(server), name);
  return existsSync(beside) ? beside : findOnPath(name, env);
}
