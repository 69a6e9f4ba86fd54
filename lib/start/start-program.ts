import { existsSync } from 'node:fs';
import { createRequire, enableCompileCache, flushCompileCache } from 'node:module';
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import path from 'node:path';

/** Beside a program lies what V8 has compiled of it before; where it may not be written, each start compiles anew. */
const COMPILE_CACHE = '.compile-cache';

/**
 * So long, in ms, each address of a name but the last has to take a connection. In Node's own 250 ms a packet that is
 * lost is not sent again (that is after a second), nor does one come back from another continent: of a server that has
 * addresses of both kinds only that of IPv6 would be left, which not every machine reaches.
 */
const CONNECT_MS = 2_500;

/**
 * Runs the program of a folder below dist/, `program.js`, as one file: the build has bundled all its modules into
 * `program.bundle.js`. Loading 1,600 files one by one is most of what a process of ours computes until it is ready.
 * @throws Error with how to build it, where there is no bundle
 */
export function startProgram(folder: string): void {
  const bundle = path.join(folder, 'program.bundle.js');
  if (!existsSync(bundle)) throw new Error(`${bundle} is missing: run the build (npm run build) first.`);
  const cache = path.join(folder, COMPILE_CACHE);
  enableCompileCache(cache);
  // Threads take it from here.
  process.env['NODE_COMPILE_CACHE'] ??= cache;
  setDefaultAutoSelectFamilyAttemptTimeout(CONNECT_MS);
  createRequire(bundle)(bundle);
}

/**
 * Saves for the next start what was compiled until now; a process that is killed would have kept nothing. To be called
 * once ready.
 */
export const saveCompileCache = (): void => flushCompileCache();
