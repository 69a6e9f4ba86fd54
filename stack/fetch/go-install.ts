import { execFile } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder } from './cache';
import { PackageClientError, runClient } from './client';
import { isAtLeast } from './on-path';

/** Programs of one Go module, pinned by its version: Go checks that against its checksum database. */
export interface GoPrograms {
  module: string;
  version: string;
  /** The oldest Go that builds it. */
  go: string;
  /** Packages of the module, each by the name that its program is to have. */
  programs: Readonly<Record<string, string>>;
}

interface GoContext {
  cache: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** Called before they are built, which takes minutes. */
  onBuild: () => void;
}

const nameOf = ({ module, version }: GoPrograms): string => `${module.replaceAll('/', '-')}-${version}`;

/** Whether they were built before. */
export const areBuilt = (pinned: GoPrograms, cache: string): boolean => existsSync(join(cache, nameOf(pinned)));

/**
 * Builds programs by the user's own Go unless they are cached. Gives their folder.
 * @throws PackageClientError where there is no Go, or an older one, or a build fails
 */
export async function goPrograms(pinned: GoPrograms, { cache, env, signal, onBuild }: GoContext): Promise<string> {
  const { module, version, programs } = pinned;
  if (!areBuilt(pinned, cache)) await requireGo(pinned, env);
  return cachedFolder(cache, nameOf(pinned), async (folder) => {
    onBuild();
    for (const [program, path] of Object.entries(programs)) {
      const args = ['install', '-trimpath', '-ldflags=-s -w', `${module}/${path}@${version}`];
      if (!(await runClient({ command: 'go', args, cwd: folder, signal, env: { ...env, GOBIN: folder } })))
        throw new PackageClientError('there is no Go');
      renameSync(join(folder, path.split('/').at(-1) ?? path), join(folder, `${program}.built`));
    }
    for (const program of Object.keys(programs)) renameSync(join(folder, `${program}.built`), join(folder, program));
  });
}

async function requireGo({ module, go }: GoPrograms, env: NodeJS.ProcessEnv): Promise<void> {
  const found = await promisify(execFile)('go', ['env', 'GOVERSION'], { env }).then(
    ({ stdout }) => stdout.trim().replace(/^go/, ''),
    () => undefined,
  );
  if (found === undefined || !isAtLeast(found, go))
    throw new PackageClientError(
      `${module} is built by Go ${go} or newer, ${found === undefined ? 'and there is none' : `and this is ${found}`}`,
    );
}
