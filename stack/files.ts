import { closeSync, openSync, readSync, statSync } from 'node:fs';

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

/** The message of an error, or the messages of those it is made of. That of `fetch` alone has no information. */
export function messageOf(error: unknown): string {
  if (error instanceof TypeError && error.message === 'fetch failed' && error.cause !== undefined)
    return messageOf(error.cause);
  if (error instanceof AggregateError)
    return [error.message, ...error.errors.map(messageOf)].filter(Boolean).join('\n');
  return error instanceof Error ? error.message || error.name : String(error);
}
