import { operationTitle } from '@freeflow/contract';
import { colours as pc } from '@freeflow/lib/colours';
import type { Viewer } from '../follow';
import { printable, sayAside } from '../show/printable';
import { loadSpinner } from '../show/spinner';
import { duration } from '../show/time';
import type { Terminal } from '../terminal';
import type { Result, Work } from './carry-out';

const REDRAW_MS = 200;

/** Shows how a plan is carried out: a line for each tenant that has ended, and on a terminal what goes on below. */
export interface Progress {
  begun: (work: Work) => void;
  ended: (result: Result) => void;
  /** For the following of one tenant's operation. */
  viewerOf: (name: string) => Viewer;
  end: () => void;
}

interface Current {
  what: string;
  step: string;
  since: number;
}

/**
 * @param total how many tenants there is something to be done about
 * @param freeflow how to call this program
 */
export async function openProgress(terminal: Terminal, total: number, freeflow: string): Promise<Progress> {
  const current = new Map<string, Current>();
  const startedAt = Date.now();
  const ora = terminal.isInteractive ? await loadSpinner() : undefined;
  const spinner = ora?.({ stream: process.stderr, discardStdin: false });
  let ended = 0;
  let isAway = false;
  let isUntakenSaid = false;
  const draw = () => {
    if (spinner === undefined) return;
    const lines = [...current].map(
      ([name, { what, step, since }]) =>
        `  ${name}  ${what}${step === '' ? '' : `, ${step}`}  ${pc.dim(duration(Date.now() - since))}`,
    );
    spinner.text = printable(
      [`${ended} of ${total}  ${pc.dim(duration(Date.now() - startedAt))}`, ...lines].join('\n'),
    );
  };
  const redraw = setInterval(draw, REDRAW_MS).unref();
  const above = (print: () => void) => {
    spinner?.clear();
    print();
    spinner?.render();
  };
  return {
    begun({ name, action }) {
      current.set(name, { what: action, step: '', since: Date.now() });
      draw();
      if (spinner?.isSpinning === false) spinner.start();
    },
    ended(result) {
      current.delete(result.name);
      ended++;
      above(() => terminal.print(resultLine(result)));
      draw();
    },
    viewerOf: (name) => ({
      row({ step, status }) {
        const it = current.get(name);
        if (it !== undefined) it.step = `${step} ${status === 'success' ? '✔' : pc.red('✖')}`;
      },
      state(_tenant, { kind, step, cause }) {
        isAway = false;
        const it = current.get(name);
        if (it === undefined) return;
        it.what = operationTitle(kind);
        if (step !== null) it.step = pc.yellow(`${step} fails: ${cause ?? ''}`);
      },
      outage(failure) {
        if (isAway) return;
        isAway = true;
        above(() => sayAside(pc.yellow(`${failure.message} Operations go on. Retrying ...`)));
      },
      untaken(_tenant, forMs) {
        const it = current.get(name);
        if (it !== undefined) it.step = pc.yellow(`no sign of a worker after ${duration(forMs)}`);
        if (isUntakenSaid) return;
        isUntakenSaid = true;
        // Once for all: a log of CI has no spinner, and they wait for the same worker.
        const after = `${name}: no sign of a worker that has taken it up after ${duration(forMs)}`;
        above(() =>
          sayAside(pc.yellow(`${after}. It is kept, and goes on once one does. See why: ${freeflow} doctor`)),
        );
      },
    }),
    end() {
      clearInterval(redraw);
      spinner?.stop();
    },
  };
}

/** `✔ acme  created  3.2 s` */
function resultLine({ name, outcome, message, tookMs }: Result): string {
  const took = tookMs === undefined ? '' : `  ${pc.dim(duration(tookMs))}`;
  return outcome === 'done'
    ? `${pc.green('✔')} ${pc.bold(name)}  ${message}${took}`
    : `${pc.red('✖')} ${pc.bold(name)}  ${outcome.replaceAll('-', ' ')}: ${message}${took}`;
}
