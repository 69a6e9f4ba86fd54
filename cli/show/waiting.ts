import ora from 'ora';
import pc from 'picocolors';
import type { Terminal } from '../terminal';
import { duration } from './time';

const REDRAW_MS = 200;

/** Waits for something that has no steps to show; on a terminal it is said meanwhile what for, and since when. */
export async function waitingFor<T>({ isInteractive }: Terminal, what: string, work: Promise<T>): Promise<T> {
  if (!isInteractive) return work;
  const startedAt = Date.now();
  const spinner = ora({ stream: process.stderr, discardStdin: false, text: what }).start();
  const redraw = setInterval(() => {
    spinner.text = `${what}  ${pc.dim(duration(Date.now() - startedAt))}`;
  }, REDRAW_MS);
  try {
    return await work;
  } finally {
    clearInterval(redraw);
    spinner.stop();
  }
}
