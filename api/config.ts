import { DEFAULT_TASK_QUEUE } from '@freeflow/contract';
import {
  addresses,
  httpUrl,
  milliseconds,
  origins,
  port,
  readConfig,
  someOf,
  text,
  VARIABLES,
  wholeNumber,
  type Environment,
} from '@freeflow/lib/config';
import { z } from 'zod';

const {
  LOG_LEVEL,
  MASTER_DATABASE_POOL,
  TEMPORAL_UI_URL,
  OTEL_EXPORTER_OTLP_ENDPOINT,
  OTEL_EXPORTER_OTLP_HEADERS,
  WEBHOOK_ALLOWED_NETWORKS,
  PLANS_FILE,
} = VARIABLES;

/**
 * Signatures by a private key only: with a shared secret, or none, everybody who can verify a token could also issue
 * one.
 */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

/** A page of whatever shows traces. */
const isTraceUrl = (url: string): boolean => URL.canParse(url) && /^https?:/i.test(url) && url.includes('{traceId}');

/** Requests in progress have so long to end, then the process ends without them. */
export const CLOSE_WITHIN_MS = 8_000;

/** The configuration of the API. Temporal's address comes by Temporal's own standard variables. */
export const apiVariables = z.object({
  LOG_LEVEL,
  API_HOST: text('a host name or address').default('127.0.0.1').describe('host to listen on'),
  API_PORT: port(0).default(3000).describe('port to listen on; 0 picks a free one'),
  API_TRUSTED_PROXIES: addresses()
    .optional()
    .describe(
      'the proxies in front of the API: only from them X-Forwarded-For tells the address of a caller, for limits and the audit trail',
    ),
  API_RATE_LIMIT: wholeNumber(0, 1_000_000)
    .default(1_200)
    .describe(
      "requests that one principal may send in a minute to one process of the API, and as many of on-call's answers and lookups each; 0: any number",
    ),
  API_RATE_LIMIT_UNKNOWN: wholeNumber(0, 1_000_000)
    .default(120)
    .describe(
      'requests without a valid token that one address may send in a minute to one process of the API; 0: any number',
    ),
  API_MAX_EVENT_LOOP_DELAY_MS: wholeNumber(0, 60_000)
    .default(1_000)
    .describe('how late the API may be with everything, in ms, before it refuses requests with 503; 0: never'),
  MASTER_DATABASE_URL: VARIABLES.MASTER_DATABASE_URL.describe('the master database, by the role freeflow_api'),
  MASTER_DATABASE_POOL,
  TASK_QUEUE: text('the name of a task queue')
    .default(DEFAULT_TASK_QUEUE)
    .describe('the task queue that the workers poll; the workers need the same value'),
  TEMPORAL_UI_URL,
  SWEEP_INTERVAL_MS: milliseconds()
    .default(10_000)
    .describe(
      'how often the workers sweep for operations without a run: a purge is overdue after six of these intervals, a minute at least; the workers need the same value',
    ),
  AUDIT_REFUSAL_WINDOW_MS: milliseconds()
    .default(300_000)
    .describe(
      'how long equal refused calls are counted before the audit trail gets a row of their number; the first is written at once',
    ),
  EVENTS_HEARTBEAT_MS: milliseconds()
    .default(15_000)
    .describe('how often a stream of events gives a sign of life: less than what proxies in between take for idle'),
  EVENTS_POLL_MS: milliseconds()
    .default(200)
    .describe('how often the API looks for new events while there is a stream: so late may each be at most'),
  EVENTS_MAX_STREAMS: wholeNumber(0, 1_000_000)
    .default(1_000)
    .describe('streams of events that may be open at a time at one process of the API; 0: any number'),
  EVENTS_MAX_STREAMS_PER_PRINCIPAL: wholeNumber(0, 1_000_000)
    .default(100)
    .describe('streams of events that one principal may have open at a time at one process of the API; 0: any number'),
  WEBHOOK_ALLOWED_NETWORKS,
  PLANS_FILE,
  AUTH_ISSUER: httpUrl().describe('who issues the tokens: their `iss`'),
  AUTH_AUDIENCE: text('what tokens are made out to').describe('whom the tokens are made out to: their `aud`'),
  AUTH_JWKS_URL: httpUrl()
    .optional()
    .describe(
      "where the issuer's keys are; unset: where Keycloak has them, `AUTH_ISSUER` + `/protocol/openid-connect/certs`",
    ),
  AUTH_JWKS_REFRESH_MS: milliseconds()
    .default(300_000)
    .describe(
      'how often the keys of the issuer are fetched anew: a key it has withdrawn is accepted no longer than this. While keys can not be fetched the last ones are used, for a day at most',
    ),
  AUTH_ALGORITHMS: someOf(ALGORITHMS).default(['RS256']).describe('accepted signature algorithms, separated by commas'),
  AUTH_PERMISSIONS_CLAIM: text('the name of a claim')
    .default('permissions')
    .describe('the claim of a token that must hold `system:*`'),
  AUTH_READ_PERMISSION: text('a permission other than * and system:*', (it) => !['*', 'system:*'].includes(it))
    .optional()
    .describe('a permission that is enough for requests that change nothing (GET); unset: there is none'),
  CONSOLE_CLIENT_ID: text('the name of a public client')
    .default('freeflow-console')
    .describe('the public client of the issuer by which people sign in to the console'),
  CONSOLE_SCOPE: text('scopes, separated by spaces')
    .default('openid')
    .describe(
      'what the console asks for when people sign in, such as `openid offline_access` where that is needed for tokens to be renewed',
    ),
  CONSOLE_SIGN_IN_ORIGINS: origins()
    .optional()
    .describe(
      'where the console may fetch tokens besides the origin of AUTH_ISSUER, where the issuer has them elsewhere',
    ),
  CONSOLE_TRACE_URL: text('http(s)://HOST:PORT/PATH with {traceId} in it', isTraceUrl)
    .optional()
    .describe('where people see a trace, for links of the console; `{traceId}` stands for its id'),
  OTEL_EXPORTER_OTLP_ENDPOINT,
  OTEL_EXPORTER_OTLP_HEADERS,
});

export type ApiConfig = z.output<typeof apiVariables> & { AUTH_JWKS_URL: string };

/**
 * Reads the configuration.
 * @throws ConfigError naming every variable that is missing or wrong, never with a value
 */
export function readApiConfig(env: Environment): ApiConfig {
  const config = readConfig(apiVariables, env);
  return { ...config, AUTH_JWKS_URL: config.AUTH_JWKS_URL ?? `${config.AUTH_ISSUER}/protocol/openid-connect/certs` };
}
