import { operationTitle } from '@freeflow/contract';
import type { LogRowBody } from '@freeflow/contract/http';
import { colours as pc } from '@freeflow/lib/colours';
import { EXIT, type Failure } from '../failure';
import type { Viewer } from '../follow';
import type { Terminal } from '../terminal';
import { printable, sayAside } from './printable';
import { loadSpinner } from './spinner';
import { duration } from './time';

const STEP_WIDTH = 16;
const TIME_WIDTH = 9;
const REDRAW_MS = 200;

/** One attempt of a step as a line: its status, duration, number and message. */
export function stepLine(
  { step, status, durationMs, attempt, message }: LogRowBody,
  columns: number | undefined,
): string {
  const sign = status === 'success' ? pc.green('✔') : pc.red('✖');
  const took = durationMs === null ? '' : duration(durationMs);
  const text = `${attempt > 1 ? `attempt ${attempt}: ` : ''}${message ?? ''}`;
  const room = (columns ?? Infinity) - STEP_WIDTH - TIME_WIDTH - 6;
  const cut = text.length > room && status === 'success' ? `${text.slice(0, Math.max(0, room - 1))}…` : text;
  return `${sign} ${step.padEnd(STEP_WIDTH)} ${pc.dim(took.padStart(TIME_WIDTH))}  ${status === 'success' ? pc.dim(cut) : cut}`;
}

/** Shows an operation as it goes on: a line per attempt, and below them, on a terminal, its state. */
export async function stepsViewer(terminal: Terminal, freeflow: string): Promise<Viewer & { end: () => void }> {
  const startedAt = Date.now();
  const ora = terminal.isInteractive ? await loadSpinner() : undefined;
  const spinner = ora?.({ stream: process.stderr, discardStdin: false });
  let isAway = false;
  let isSaid = false;
  let textNow = () => '';
  const redraw = setInterval(() => {
    if (spinner?.isSpinning === true) spinner.text = textNow();
  }, REDRAW_MS).unref();
  return {
    row(row) {
      spinner?.clear();
      terminal.print(stepLine(row, terminal.columns));
      spinner?.render();
    },
    state({ name }, { kind, state, step, attempts, cause }) {
      isAway = false;
      if (spinner === undefined) return;
      const failure =
        step === null
          ? ''
          : pc.yellow(`  ${step} failed ${attempts === 1 ? 'once' : `${attempts} times`}: ${cause ?? ''}`);
      textNow = () =>
        printable(
          `${name}: ${operationTitle(kind)}, ${state.replaceAll('_', ' ')}  ${pc.dim(duration(Date.now() - startedAt))}${failure}`,
        );
      spinner.text = textNow();
      if (!spinner.isSpinning) spinner.start();
    },
    outage(failure) {
      if (isAway) return;
      isAway = true;
      spinner?.clear();
      terminal.print(pc.yellow(`${outageText(failure)}; the operation goes on. Retrying ...`));
    },
    untaken({ name }, forMs) {
      if (isSaid) return;
      isSaid = true;
      spinner?.clear();
      // Not part of the answer: a program that reads it would trip over this.
      sayAside(
        pc.yellow(
          `${name}: no sign of a worker that has taken it up after ${duration(forMs)}. It is kept, and goes on once one does. See why: ${freeflow} doctor`,
        ),
      );
      spinner?.render();
    },
    end() {
      clearInterval(redraw);
      spinner?.stop();
    },
  };
}

const outageText = ({ exitCode }: Failure): string =>
  exitCode === EXIT.unreachable ? 'The API does not answer' : 'The API takes no more requests for the moment';
