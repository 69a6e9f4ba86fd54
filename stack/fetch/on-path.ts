import { execFile } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { coerce, gte } from 'semver';

const run = promisify(execFile);

/** A program that was found on the machine. */
export interface Installed {
  path: string;
  version: string;
}

/** The program of that name on PATH, links resolved; undefined if there is none. */
export function findOnPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    try {
      const path = join(folder, name);
      accessSync(path, constants.X_OK);
      return realpathSync(path);
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/**
 * The program on PATH if it is recent enough; undefined if it is older, absent or does not run.
 * @param minimum such as `16` or `1.16`
 */
export async function findInstalled(
  name: string,
  minimum: string,
  env: NodeJS.ProcessEnv,
): Promise<Installed | undefined> {
  const path = findOnPath(name, env);
  if (path === undefined) return undefined;
  try {
    const { stdout } = await run(path, ['--version'], { env, timeout: 10_000 });
    const version = /\d+(?:\.\d+)+/.exec(stdout)?.[0];
    return version !== undefined && isAtLeast(version, minimum) ? { path, version } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a program is recent enough. Not all have versions of three numbers. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [has, needs] = [coerce(version), coerce(minimum)];
  return has !== null && needs !== null && gte(has, needs);
}
