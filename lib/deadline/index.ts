import { setTimeout as delay } from 'node:timers/promises';

/**
 * The result of work that nobody waits for longer than this; it goes on by itself then.
 * @throws Error when the time, in ms, is over
 */
export async function withDeadline<T>(ms: number, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  work.catch(() => undefined);
  const late = delay(ms, undefined, { signal: over.signal }).then(() =>
    Promise.reject(new Error(`no answer within ${ms} ms`)),
  );
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
