import { setTimeout as delay } from 'node:timers/promises';
import { EXIT, Failure } from './failure';
import { sayAside } from './show/printable';

/** How often, and for how long at most in s, it is waited where the API asks for it. */
const MOST_WAITS = 3;
const LONGEST_WAIT_S = 60;

/** Whether the same may succeed in a moment: there was no answer, or one that says when to ask again. */
export const isPassing = (error: unknown): error is Failure =>
  error instanceof Failure && (error.exitCode === EXIT.unreachable || error.retryAfterS !== undefined);

/** How long a loop waits before it asks the same again, in ms: its usual pause, or as long as the API says. */
export const pauseAfter = ({ retryAfterS = 0 }: Failure, usualMs: number): number =>
  Math.max(usualMs, Math.min(retryAfterS, LONGEST_WAIT_S) * 1_000);

/**
 * Sends again what the API refuses for now (too many requests, something behind it is away), as soon as it says.
 * @param signal ends the waiting
 * @throws what it was refused with in the end
 */
export async function waitAsTold<T>(send: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let waits = 0; ; waits++) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof Failure) || error.retryAfterS === undefined) throw error;
      if (waits >= MOST_WAITS || error.retryAfterS > LONGEST_WAIT_S) throw error;
      // Silence would look like an API that hangs.
      sayAside(`${error.message} Waiting ${error.retryAfterS} s.`);
      await delay(error.retryAfterS * 1_000, undefined, signal === undefined ? {} : { signal });
    }
  }
}
