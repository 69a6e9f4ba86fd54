import { colours as pc } from '@freeflow/lib/colours';
import type { Terminal } from '../terminal';
import { loadSpinner } from './spinner';
import { duration } from './time';

const REDRAW_MS = 200;

/** Waits for work that has no steps to show; a terminal shows a spinner with its title and duration meanwhile. */
export async function waitingFor<T>({ isInteractive }: Terminal, title: string, work: Promise<T>): Promise<T> {
  if (!isInteractive) return work;
  const startedAt = Date.now();
  // Whoever awaits it below gets its failure, also one that comes while the spinner is loaded.
  work.catch(() => undefined);
  const ora = await loadSpinner();
  const spinner = ora({ stream: process.stderr, discardStdin: false, text: title }).start();
  const redraw = setInterval(() => {
    spinner.text = `${title}  ${pc.dim(duration(Date.now() - startedAt))}`;
  }, REDRAW_MS);
  try {
    return await work;
  } finally {
    clearInterval(redraw);
    spinner.stop();
  }
}
