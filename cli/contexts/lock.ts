import { setTimeout as delay } from 'node:timers/promises';
import { LockedError, takeLock } from '@freeflow/lib/lock';
import { EXIT, Failure } from '../failure';

const POLL_MS = 50;
/** Longer than another command takes for a renewal, whose two requests may last for ten seconds each. */
const PATIENCE_MS = 30_000;

/**
 * Does what must not be done by two commands at once; the next one waits until it is over. A command that was killed
 * meanwhile holds nobody up.
 * @throws Failure where another command does not end
 */
export async function withLock<T>(file: string, work: () => T | Promise<T>): Promise<T> {
  const release = await take(file);
  try {
    return await work();
  } finally {
    release();
  }
}

async function take(file: string): Promise<() => void> {
  for (const end = performance.now() + PATIENCE_MS; ; await delay(POLL_MS)) {
    try {
      return takeLock(file);
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      if (performance.now() < end) continue;
      throw new Failure(
        EXIT.unreachable,
        `Process ${error.owner.pid} has been changing your logins for ${PATIENCE_MS / 1_000} s.`,
        'End that command, then try again.',
        { cause: error },
      );
    }
  }
}
