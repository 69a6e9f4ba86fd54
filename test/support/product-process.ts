import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import { until } from './until';

/** A process of the product. */
export interface Running {
  process: ChildProcess;
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
  return { process: child, stop };
}

/** Waits until it says so itself; one that has ended is not waited for. */
export async function untilReady({ process: started }: Running, readyUrl: string): Promise<void> {
  const hasEnded = () => started.exitCode !== null || started.signalCode !== null;
  await until(`${readyUrl} answers`, async () => hasEnded() || (await fetch(readyUrl)).ok);
  if (hasEnded()) throw new Error(`${started.spawnargs.join(' ')} ended with ${started.exitCode}: see its log`);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
