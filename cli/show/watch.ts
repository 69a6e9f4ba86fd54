import { setTimeout as delay } from 'node:timers/promises';
import { colours as pc } from '@freeflow/lib/colours';
import { isPassing, pauseAfter } from '../passing';
import type { Terminal } from '../terminal';
import { printable, sayAside } from './printable';

const EVERY_MS = 2_000;
const CLEAR = '\u001B[2J\u001B[H';

/** What is shown: for programs as an answer, for people as text. */
export interface Snapshot {
  answer: unknown;
  text: string;
  /** What is to be known about it beside the answer, such as why it is not all. */
  notes?: readonly string[];
}

/** Shows what there is, once. */
export const showOnce = ({ isJson }: Terminal, { answer, text, notes = [] }: Snapshot): void =>
  print(isJson ? JSON.stringify(answer, null, 2) : text, notes);

/**
 * Shows what there is again and again, until Ctrl-C: at a terminal in place of what was shown before; elsewhere where
 * it is another than before, for programs as one line of JSON each.
 * @throws what `look` throws, but for what {@link untilAnswered} waits for
 */
export async function watch(terminal: Terminal, look: () => Promise<Snapshot>, everyMs = EVERY_MS): Promise<never> {
  for (let before: string | undefined; ; await delay(everyMs)) {
    const snapshot = await untilAnswered(look, everyMs);
    const now = JSON.stringify(snapshot.answer);
    const { text, notes = [] } = snapshot;
    if (terminal.isInteractive) print(`${titleOf(everyMs)}\n\n${text}`, notes, CLEAR);
    else if (now !== before) print(terminal.isJson ? now : text, notes);
    before = now;
  }
}

const titleOf = (everyMs: number) => pc.dim(`${new Date().toISOString()}, every ${everyMs / 1_000} s; Ctrl-C ends it`);

function print(text: string, notes: readonly string[], before = ''): void {
  console.log(`${before}${printable(text)}`);
  for (const note of notes) sayAside(note);
}

/**
 * Asks again while the API does not answer, or lets nothing through for now, and says so.
 * @throws every other failure
 */
export async function untilAnswered<T>(ask: () => Promise<T>, everyMs: number): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error)) throw error;
      sayAside(pc.dim(`${new Date().toISOString()}  ${error.message} Trying again.`));
      await delay(pauseAfter(error, everyMs));
    }
  }
}
