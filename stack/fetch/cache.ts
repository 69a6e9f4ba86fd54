import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isNodeError } from '@freeflow/lib/files';

const TEMPORARY = 'unfinished-';
const ABANDONED_AFTER_MS = 3_600_000;

/**
 * The cached folder of that name, filled first if it isn't there.
 *
 * It appears in one step, so a start that is killed half way, or two at once, never leave half of it.
 * @param fill writes the content into the folder it is given
 */
export async function cachedFolder(
  cache: string,
  name: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  removeAbandoned(cache);
  const temporary = mkdtempSync(join(cache, TEMPORARY));
  try {
    await fill(temporary);
    moveInto(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return folder;
}

function moveInto(temporary: string, folder: string): void {
  try {
    renameSync(temporary, folder);
  } catch (error) {
    const otherWasFaster = isNodeError(error) && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST');
    if (!otherWasFaster) throw error;
  }
}

/** Removes what killed starts have left behind. */
function removeAbandoned(cache: string): void {
  for (const entry of readdirSync(cache).filter((name) => name.startsWith(TEMPORARY))) {
    const path = join(cache, entry);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > ABANDONED_AFTER_MS) rmSync(path, { recursive: true, force: true });
  }
}
