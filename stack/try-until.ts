import { setTimeout as delay } from 'node:timers/promises';

/** How long, and how often, something is tried, in ms. */
export interface Patience {
  withinMs: number;
  everyMs: number;
  signal: AbortSignal;
}

/**
 * Does what may not be possible yet, again and again until it is.
 * @param failureOf what to throw, once the time is over, of what it has failed by last
 * @throws that; the reason of the signal, where that comes between two tries
 */
export async function tryUntilDone<T>(
  { withinMs, everyMs, signal }: Patience,
  work: () => Promise<T>,
  failureOf: (last: unknown) => unknown = (last) => last,
): Promise<T> {
  for (const end = Date.now() + withinMs; ;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > end) throw failureOf(error);
    }
    await delay(everyMs, undefined, { signal });
  }
}
