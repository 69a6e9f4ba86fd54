import { setTimeout as delay } from 'node:timers/promises';

/** How long, and how often, something is tried, in ms. */
export interface Patience {
  withinMs: number;
  everyMs: number;
  signal: AbortSignal;
}

/**
 * Does what may not be possible yet, again and again until it is.
 * @throws what it has failed by last, once the time is over; the reason of the signal
 */
export async function tryUntilDone<T>({ withinMs, everyMs, signal }: Patience, work: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + withinMs; ;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await delay(everyMs, undefined, { signal });
  }
}
