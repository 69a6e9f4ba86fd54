import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, TestInstallation } from '../support/installation';
import { PATIENCE_MS } from '../support/until';

const PAUSE_MS = 200;

/**
 * The same installation to a client that repeats a request under one Idempotency-Key until it is answered, as the
 * documents tell every client to do.
 */
export const withRetries = <H extends TestInstallation>(installation: H): H => ({
  ...installation,
  request: async (
    method: string,
    route: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const key = method === 'GET' ? {} : { 'idempotency-key': randomUUID() };
    for (const deadline = Date.now() + PATIENCE_MS; ; await delay(PAUSE_MS)) {
      const answer = await installation
        .request(method, route, body, { ...key, ...headers })
        .catch((error: unknown) => error);
      const isAnswered = !(answer instanceof Error) && (answer as Answer).status < 500;
      if (isAnswered) return answer as Answer;
      if (Date.now() > deadline)
        throw new Error(
          `${method} ${route} was not answered in time: ${answer instanceof Error ? answer.message : (answer as Answer).text}`,
        );
    }
  },
});
