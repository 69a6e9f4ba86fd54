import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { types } from 'node:util';

/** Writes a file that only its owner may read, in one step for every reader: they see the old text or the new one. */
export function writePrivateFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, path);
}

/** The text of a file, or undefined where there is none. Other failures are thrown. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isNodeError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}

/**
 * Narrows to an error of Node's own, which carries a code such as ENOENT. Under a test runner such errors are of
 * another realm's class, so `instanceof` would miss them.
 */
export const isNodeError = (error: unknown): error is NodeJS.ErrnoException =>
  types.isNativeError(error) && 'code' in error;
