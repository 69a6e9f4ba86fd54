import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from './files';

/** One that is being started as well, by Compose perhaps, gets so long. */
const ANSWERS_WITHIN_MS = 15_000;
const ASK_EVERY_MS = 500;

/** A server that the environment names in place of one of ours. */
export interface OthersServer {
  title: string;
  /** The variables that name it: what to correct when it is of no use. */
  variables: string;
}

/** It can't be used; the message says which variables to correct. */
export class ExternalServerError extends Error {
  constructor({ title, variables }: OthersServer, how: string, cause: unknown) {
    super(`${title} (named by ${variables}) ${how}: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Waits until it answers.
 * @throws ExternalServerError when it has not in time
 */
export async function untilAnswers(
  server: OthersServer,
  check: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (const end = Date.now() + ANSWERS_WITHIN_MS; ;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > end) throw new ExternalServerError(server, 'does not answer', error);
    }
    await delay(ASK_EVERY_MS, undefined, { signal });
  }
}
