import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import { until } from './until';

/** A process of the product. */
export interface Running {
  process: ChildProcess;
  logFile: string;
  /** Ends it and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a script of the product, as it was built: below dist/, or by its whole path.
 * @param logFile what it writes is added to
 */
export function startProcess(script: string, env: Record<string, string>, logFile: string): Running {
  const child = spawn(process.execPath, [path.resolve(projectRoot(), 'dist', script)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    await gone;
  };
  return { process: child, logFile, stop };
}

/** So many lines of a log tell why a process ended. */
const LAST_LINES = 15;

/** Waits until it says so itself; one that has ended is not waited for. */
export async function untilReady({ process: started, logFile }: Running, readyUrl: string): Promise<void> {
  const hasEnded = () => started.exitCode !== null || started.signalCode !== null;
  await until(`${readyUrl} answers`, async () => hasEnded() || (await fetch(readyUrl)).ok);
  if (!hasEnded()) return;
  const lastLines = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-LAST_LINES).join('\n');
  throw new Error(`${started.spawnargs.join(' ')} ended with ${started.exitCode}; the end of its log:\n${lastLines}`);
}
