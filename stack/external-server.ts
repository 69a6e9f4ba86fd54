import { messageOf } from './files';
import { tryUntilDone } from './try-until';

/** Time for a server that is being started too, by Compose perhaps. */
const ANSWERS_WITHIN_MS = 15_000;
const CHECK_EVERY_MS = 500;

/** A server that the environment names in place of one of ours. */
export interface ExternalServer {
  title: string;
  /** The variables that name it: what to correct when it can't be used. */
  variables: string;
}

/** An external server can't be used; the message names the variables to correct. */
export class ExternalServerError extends Error {
  constructor({ title, variables }: ExternalServer, how: string, cause: unknown) {
    super(`${title} (named by ${variables}) ${how}: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Waits until an external server answers.
 * @throws ExternalServerError when it does not within 15 s
 */
export async function waitUntilAnswers(
  server: ExternalServer,
  check: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const patience = { withinMs: ANSWERS_WITHIN_MS, everyMs: CHECK_EVERY_MS, signal };
  await tryUntilDone(patience, check, (last) => new ExternalServerError(server, 'does not answer', last));
}
