import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { LockedError, takeLock } from '@freeflow/lib/lock';
import { cacheDir } from '../../stack/project';

const INSTALL_MS = 180_000;
const BETWEEN_LOOKS_MS = 200;

/**
 * A folder for PYTHONPATH with packages of PyPI, pinned, such as `helm-python-sdk==0.2.2`: installed by the user's pip
 * into the user's cache the first time, with what they depend on. At once, for jest skips tests only while it finds
 * them.
 * @returns why there is none, where PyPI or pip can't be reached
 */
export function installPipTools(requirements: readonly string[]): { folder: string } | { reason: string } {
  const folder = path.join(cacheDir(process.env), requirements.join('+').replaceAll('==', '-'));
  if (existsSync(folder)) return { folder };
  // Files of tests run side by side, and one download is enough.
  const giveBack = waitForLock(`${folder}.lock`);
  try {
    return existsSync(folder) ? { folder } : install(requirements, folder);
  } finally {
    giveBack();
  }
}

function waitForLock(file: string): () => void {
  for (;;) {
    try {
      return takeLock(file);
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BETWEEN_LOOKS_MS);
    }
  }
}

function install(requirements: readonly string[], folder: string): { folder: string } | { reason: string } {
  // Moved when it is whole: one that is killed leaves nothing that looks like it.
  const temporary = mkdtempSync(path.join(path.dirname(folder), 'unfinished-'));
  const options = ['--quiet', '--disable-pip-version-check', '--retries', '1', '--target', temporary];
  const { status, stderr, error } = spawnSync('python3', ['-m', 'pip', 'install', ...options, ...requirements], {
    encoding: 'utf8',
    timeout: INSTALL_MS,
  });
  if (status === 0) renameSync(temporary, folder);
  rmSync(temporary, { recursive: true, force: true });
  return status === 0 ? { folder } : { reason: error?.message ?? stderr.trim().split('\n').slice(-2).join(' ') };
}
