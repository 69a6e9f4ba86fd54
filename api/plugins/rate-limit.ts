import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import { ANSWER_REQUEST_ACTIONS } from '@freeflow/contract';
import fastifyPlugin from 'fastify-plugin';
import type { ApiConfig } from '../config';
import { Problem } from '../errors';

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts a request without a valid token, by its address. @throws Problem `rate-limited` */
    countUnknown: (request: FastifyRequest) => Promise<void>;
  }
}

const WINDOW_MS = 60_000;
/** On-call isn't kept from an answer by what else its token is used for. */
const EXEMPT: readonly unknown[] = [...Object.values(ANSWER_REQUEST_ACTIONS), 'tenants.retry-all'];

/**
 * Limits how often a principal may call in a minute, and how often an address without a valid token. Each process
 * counts for itself. Nothing is counted of a limit that is 0.
 */
export const limitRates = fastifyPlugin<Pick<ApiConfig, 'API_RATE_LIMIT' | 'API_RATE_LIMIT_UNKNOWN'>>(
  async (app, { API_RATE_LIMIT: most, API_RATE_LIMIT_UNKNOWN: mostUnknown }) => {
    await app.register(rateLimit, {
      max: most,
      timeWindow: WINDOW_MS,
      // Runs after the hooks of the scope, so its principal is known.
      keyGenerator: ({ principal }) => principal,
      allowList: ({ routeOptions: { schema } }) =>
        most === 0 || EXEMPT.includes((schema as { operationId?: string } | undefined)?.operationId),
      enableDraftSpec: true,
      errorResponseBuilder: (_request, { ttl }) =>
        tooMany(`Its principal has sent more than ${most} requests in a minute.`, ttl),
    });
    const count = app.createRateLimit({
      max: mostUnknown,
      keyGenerator: ({ ip }) => normalizeIP(ip),
      allowList: () => mostUnknown === 0,
    });
    app.decorate('countUnknown', async (request) => {
      const counted = await count(request);
      if (!counted.isAllowed && counted.isExceeded)
        throw tooMany(
          `Its address has sent more than ${mostUnknown} requests without a valid token in a minute.`,
          counted.ttl,
        );
    });
  },
);

const tooMany = (detail: string, ttlMs: number): Problem =>
  new Problem('rate-limited', detail, { headers: { 'retry-after': String(Math.max(1, Math.ceil(ttlMs / 1_000))) } });
