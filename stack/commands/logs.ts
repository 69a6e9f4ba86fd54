import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { colours as pc } from '@freeflow/lib/colours';
import { lastLines } from '../files';
import { logFile } from '../project';

export interface LogOptions {
  lines: number;
  follow: boolean;
  signal: AbortSignal;
}

const POLL_MS = 250;

/**
 * Prints the ends of the logs, and follows them as they grow on request.
 * @param name one of the logs, all when undefined
 * @returns the exit code: 1 when there is no such log
 */
export async function logs(
  dir: string,
  name: string | undefined,
  { lines, follow, signal }: LogOptions,
  print: (text: string) => void,
): Promise<number> {
  const known = existsSync(join(dir, 'logs'))
    ? readdirSync(join(dir, 'logs'))
        .filter((file) => file.endsWith('.log'))
        .map((file) => file.slice(0, -4))
    : [];
  const chosen = known.filter((log) => name === undefined || log === name);
  if (chosen.length === 0) {
    print(known.length === 0 ? `No logs in ${dir} yet.` : `No log of ${name ?? ''}. Logs: ${known.join(', ')}`);
    return 1;
  }
  const printLine = (log: string, line: string) => {
    print(name === undefined ? `${pc.dim(log.padEnd(9))} ${line}` : line);
  };
  const tails = chosen.map((log) => ({ log, path: logFile(dir, log), position: sizeOf(logFile(dir, log)), rest: '' }));
  for (const { log, path } of tails) for (const line of lastLines(path, lines)) printLine(log, line);
  while (follow && !signal.aborted) {
    for (const tail of tails) for (const line of newLines(tail)) printLine(tail.log, line);
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  return 0;
}

interface Tail {
  path: string;
  position: number;
  rest: string;
}

/** Whole lines only; a file that has become shorter was begun anew. */
function newLines(tail: Tail): string[] {
  const size = sizeOf(tail.path);
  if (size < tail.position) tail.position = 0;
  if (size === tail.position) return [];
  const buffer = Buffer.alloc(size - tail.position);
  const file = openSync(tail.path, 'r');
  readSync(file, buffer, 0, buffer.length, tail.position);
  closeSync(file);
  tail.position = size;
  const parts = (tail.rest + buffer.toString('utf8')).split('\n');
  tail.rest = parts.pop() ?? '';
  return parts;
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
