import { setTimeout as delay } from 'node:timers/promises';

/** Longer in all than a blink of the master database, and than heartbeats are held back. */
const PAUSES_MS = [250, 1_000, 2_000];

/**
 * Does what the master database may refuse for a moment.
 * @throws what it is refused by in the end; the reason of the signal once that is aborted
 */
export async function insist<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await work();
    } catch {
      await delay(pauseMs, undefined, { signal });
    }
  }
  return work();
}
