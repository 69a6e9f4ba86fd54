import { useSyncExternalStore } from 'react';

const EVERY_MS = 1_000;
let now = new Date();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for all that is shown. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  // While nobody listened it stood still.
  if (timer === undefined) now = new Date();
  timer ??= setInterval(() => {
    now = new Date();
    for (const tell of listeners) tell();
  }, EVERY_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The time, anew each second. */
export const useNow = (): Date => useSyncExternalStore(subscribe, () => now);
