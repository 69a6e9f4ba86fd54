import { closeSync, mkdirSync, openSync, readFileSync, readSync, renameSync, statSync, writeFileSync } from 'node:fs';
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

/** The last lines of a text file (of its last 64 KiB), empty where there is no file. */
export function lastLines(path: string, count: number): string[] {
  try {
    const size = statSync(path).size;
    const buffer = Buffer.alloc(Math.min(size, 65_536));
    const file = openSync(path, 'r');
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    closeSync(file);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-count);
  } catch {
    return [];
  }
}

/**
 * Narrows to an error of Node's own, which carries a code such as ENOENT. Under a test runner such errors are of
 * another realm's class, so `instanceof` would miss them.
 */
export const isNodeError = (error: unknown): error is NodeJS.ErrnoException =>
  types.isNativeError(error) && 'code' in error;

/** The message of an error, or the messages of those it is made of. That of `fetch` alone has no information. */
export function messageOf(error: unknown): string {
  if (error instanceof TypeError && error.message === 'fetch failed' && error.cause !== undefined)
    return messageOf(error.cause);
  if (error instanceof AggregateError)
    return [error.message, ...error.errors.map(messageOf)].filter(Boolean).join('\n');
  return error instanceof Error ? error.message || error.name : String(error);
}
