import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheDir } from '../../stack/project';

const INSTALL_MS = 180_000;

/**
 * A folder for PYTHONPATH with packages of PyPI, pinned, such as `helm-python-sdk==0.2.2`: installed by the user's pip
 * into the user's cache the first time, with what they depend on. At once, for jest skips tests only while it finds
 * them.
 * @returns why there is none, where PyPI or pip can't be reached
 */
export function installPipTools(requirements: readonly string[]): { folder: string } | { reason: string } {
  const cache = cacheDir(process.env);
  const folder = path.join(cache, requirements.join('+').replaceAll('==', '-'));
  if (existsSync(folder)) return { folder };
  mkdirSync(cache, { recursive: true });
  // Moved when it is whole: one that is killed leaves nothing that looks like it.
  const temporary = mkdtempSync(path.join(cache, 'unfinished-'));
  const args = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--target',
    temporary,
    ...requirements,
  ];
  const { status, stderr, error } = spawnSync('python3', args, { encoding: 'utf8', timeout: INSTALL_MS });
  if (status === 0) moveInto(temporary, folder);
  rmSync(temporary, { recursive: true, force: true });
  return status === 0 ? { folder } : { reason: error?.message ?? stderr.trim().split('\n').slice(-3).join(' ') };
}

function moveInto(temporary: string, folder: string): void {
  try {
    renameSync(temporary, folder);
  } catch (error) {
    // Another run was faster.
    if (!existsSync(folder)) throw error;
  }
}
