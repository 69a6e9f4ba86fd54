import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/**
 * The folder of the repository, wherever this file runs from: `stack/` under a test runner, `dist/stack/` when built.
 * It is recognised by pnpm-workspace.yaml, which the build never copies.
 */
export function projectRoot(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'pnpm-workspace.yaml'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error(`${__dirname} is not inside a FreeFlow checkout (no pnpm-workspace.yaml above it)`);
    folder = parent;
  }
  return folder;
}

/** A stack's folder: absolute as it is, relative ones seen from the project root, `.freeflow` when none is named. */
export const stackDir = (named?: string): string =>
  resolve(projectRoot(), named === undefined || named === '' ? '.freeflow' : named);

/** Where fetched servers are kept for all checkouts of this user. */
export const cacheDir = (env: NodeJS.ProcessEnv): string =>
  join(env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'freeflow');

/** Where a server or program writes what it prints. */
export const logFile = (dir: string, name: string): string => join(dir, 'logs', `${name}.log`);
