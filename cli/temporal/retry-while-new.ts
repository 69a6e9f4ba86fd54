import { setTimeout as delay } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';

const NOT_FOUND = 5;
const PAUSE_MS = 500;
/** Parts of the server look for new namespaces every ten seconds. */
const TRIES = 60;

/** Repeats what fails since the server does not know a namespace yet that it has just made. */
export async function retryWhileNew<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await act();
    } catch (error) {
      const cause = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
      if (tries === TRIES || !isGrpcServiceError(cause) || Number(cause.code) !== NOT_FOUND) throw error;
      await delay(PAUSE_MS);
    }
  }
}
