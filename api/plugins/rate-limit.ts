import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import { ANSWER_REQUEST_ACTIONS, REVEALS_A_MINUTE } from '@freeflow/contract';
import type { FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { ApiConfig } from '../config';
import { Problem } from '../errors';

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Counts a request without a valid token, by its address.
     * @param refusal what it is answered with otherwise
     * @throws Problem `rate-limited`, with the same challenge
     */
    countUnknown: (request: FastifyRequest, refusal: Problem) => Promise<void>;
    /** Counts a request by its principal, whatever that may do. @throws Problem `rate-limited` */
    countKnown: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  }
}

const WINDOW_MS = 60_000;

/** What is counted apart, so that on-call is kept neither from an answer nor from what it takes by anything else. */
type Budget = 'answers' | 'lookups' | 'revealings' | 'others';

const ANSWERS: readonly unknown[] = [...Object.values(ANSWER_REQUEST_ACTIONS), 'tenants.retry-all'];
const LOOKUPS: readonly unknown[] = ['tenants.stuck', 'tenants.show'];

/**
 * Limits how often a principal may call in a minute, and how often an address without a valid token. Each process
 * counts for itself. Nothing is counted of a limit that is 0.
 */
export const limitRates = fastifyPlugin<Pick<ApiConfig, 'API_RATE_LIMIT' | 'API_RATE_LIMIT_UNKNOWN'>>(
  async (app, { API_RATE_LIMIT: most, API_RATE_LIMIT_UNKNOWN: mostUnknown }) => {
    // Counted by who knows the principal, before it is seen what that may do: a refusal costs something too.
    await app.register(rateLimit, { global: false, timeWindow: WINDOW_MS });
    /** Each has a count of its own. */
    const counter = (max: number, keyGenerator: (request: FastifyRequest) => string) =>
      app.createRateLimit({ max, keyGenerator, allowList: () => max === 0 });
    const known = () => counter(most, ({ principal }) => principal);
    const budgets: Readonly<Record<Budget, ReturnType<typeof counter>>> = {
      answers: known(),
      lookups: known(),
      // Fewer than of anything else: each shows secrets.
      revealings: counter(Math.min(most, REVEALS_A_MINUTE), ({ principal }) => principal),
      others: known(),
    };
    app.decorate('countKnown', async (request, reply) => {
      const counted = await budgets[budgetOf(request)](request);
      if (counted.isAllowed) return;
      const { max, remaining, ttl, ttlInSeconds, isExceeded } = counted;
      reply.headers({ 'ratelimit-limit': max, 'ratelimit-remaining': remaining, 'ratelimit-reset': ttlInSeconds });
      if (isExceeded) throw tooMany(`Its principal has sent more than ${max} requests of this kind in a minute.`, ttl);
    });

    const countUnknown = counter(mostUnknown, ({ ip }) => normalizeIP(ip));
    app.decorate('countUnknown', async (request, refusal) => {
      const counted = await countUnknown(request);
      if (!counted.isAllowed && counted.isExceeded)
        throw tooMany(
          `Its address has sent more than ${mostUnknown} requests without a valid token in a minute.`,
          counted.ttl,
          // Whoever shares the address with others learns by it that another token would be let through (RFC 9110,
          // 11.6.1).
          refusal.more.headers,
        );
    });
  },
);

function budgetOf({ routeOptions: { schema }, query, headers }: FastifyRequest): Budget {
  const action = (schema as { operationId?: string } | undefined)?.operationId;
  if (ANSWERS.includes(action)) return 'answers';
  if (action === 'tenants.reveal') return 'revealings';
  // One tenant, by its name.
  const isByName = action === 'tenants.list' && typeof (query as { name?: unknown }).name === 'string';
  return (isByName || LOOKUPS.includes(action)) && !isOfLowPriority(headers) ? 'lookups' : 'others';
}

/** By its own words (RFC 9218): a program that follows what goes on, not a person who waits for the answer. */
const isOfLowPriority = ({ priority = '' }: FastifyRequest['headers']): boolean =>
  /(?:^|,)\s*u=[4-7]\s*(?:[,;]|$)/.test(String(priority));

const tooMany = (detail: string, ttlMs: number, headers: Problem['more']['headers'] = {}): Problem =>
  new Problem('rate-limited', detail, {
    headers: { ...headers, 'retry-after': String(Math.max(1, Math.ceil(ttlMs / 1_000))) },
  });
