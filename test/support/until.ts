import { setTimeout as delay } from 'node:timers/promises';

/**
 * Often at first, for moments that are soon over; then ever less, for those asked and those who wait share two cores.
 */
const pauseAfter = (waitedMs: number): number => Math.min(200, 50 + waitedMs / 20);
/**
 * Far longer than anything takes on a quiet machine: a busy one is no reason to fail. Less than a test may take in
 * jest.config.cjs.
 */
export const PATIENCE_MS = 240_000;

/**
 * Asks until the answer is neither false nor undefined, and gives it.
 * @param timeoutMs after this time it throws, with what was awaited and the last error
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | false | undefined>,
  timeoutMs = PATIENCE_MS,
): Promise<T> {
  const startedAt = Date.now();
  for (let last: unknown; ;) {
    try {
      const answer = await ask();
      if (answer !== false && answer !== undefined) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    const waitedMs = Date.now() - startedAt;
    if (waitedMs > timeoutMs) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`, { cause: last });
    await delay(pauseAfter(waitedMs));
  }
}

/**
 * Like `until`, for what takes as long as a busy machine lets it: fails only when nothing has moved for some time.
 * @param progress what changes as long as anything moves
 * @param standstillMs so long it may stand still
 */
export async function untilStandstill<T>(
  what: string,
  ask: () => Promise<T | false | undefined>,
  progress: () => Promise<unknown>,
  standstillMs: number,
): Promise<T> {
  // The server that is queried may be away just then, as by the fault of a test: that is another state, too.
  const progressNow = () => progress().catch(String);
  for (let last = await progressNow(); ;) {
    try {
      return await until(what, ask, standstillMs);
    } catch (error) {
      const now = await progressNow();
      if (now === last) throw error;
      last = now;
    }
  }
}
