import { setTimeout as pause } from 'node:timers/promises';
import { errorCode } from './error-code';

const TRIES_MAX = 30;
const PAUSE_MS_MAX = 200;

/**
 * Repeats a statement or transaction that lost against another session changing the same role or rights.
 * Roles belong to the whole server, so the migrators of two databases meet there in spite of the lock each holds.
 */
export async function retryCollisions<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isCollision(error) || tries === TRIES_MAX) throw error;
      await pause(Math.random() * PAUSE_MS_MAX);
    }
  }
}

function isCollision(error: unknown): boolean {
  const code = errorCode(error);
  // Changes of the system tables don't wait for each other politely: PostgreSQL reports them as an internal error.
  const isTupleRace = code === 'XX000' && error instanceof Error && error.message.startsWith('tuple concurrently');
  return isTupleRace || code === '40001' || code === '40P01';
}
