const POLL_MS = 50;
/** Far longer than anything takes on a quiet machine: a busy one is no reason to fail. Less than a test may take in jest.config.cjs. */
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
  const deadline = Date.now() + timeoutMs;
  for (let last: unknown; ;) {
    try {
      const answer = await ask();
      if (answer !== false && answer !== undefined) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
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
  for (let last = await progress(); ;) {
    try {
      return await until(what, ask, standstillMs);
    } catch (error) {
      const now = await progress();
      if (now === last) throw error;
      last = now;
    }
  }
}
