import { z } from 'zod';
import { DEFAULT_TASK_QUEUE } from '../workflows/messages';

const url = (...protocols: string[]) =>
  z.string().refine((it) => URL.canParse(it) && protocols.includes(new URL(it).protocol), `must be a URL starting with ${protocols.join(' or ')}//`);

/** Signatures by a private key only: with a shared secret, or none, whoever can check a token could also make one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

/** Everything the API is told from outside. Temporal's address comes by Temporal's own standard variables. */
const schema = z
  .object({
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
    API_HOST: z.string().min(1).default('127.0.0.1'),
    API_PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
    MASTER_DATABASE_URL: url('postgres:', 'postgresql:'),
    TASK_QUEUE: z.string().min(1).default(DEFAULT_TASK_QUEUE),
    TEMPORAL_UI_URL: url('http:', 'https:').optional(),
    AUTH_ISSUER: url('http:', 'https:'),
    AUTH_AUDIENCE: z.string().min(1),
    AUTH_JWKS_URL: url('http:', 'https:').optional(),
    AUTH_ALGORITHMS: z.string().default('RS256').transform((it) => it.split(',').map((name) => name.trim())).pipe(z.array(z.enum(ALGORITHMS)).min(1)),
    AUTH_PERMISSIONS_CLAIM: z.string().min(1).default('permissions'),
  })
  .transform((it) => ({ ...it, AUTH_JWKS_URL: it.AUTH_JWKS_URL ?? `${it.AUTH_ISSUER}/protocol/openid-connect/certs` }));

export type ApiConfig = z.output<typeof schema>;

/**
 * Reads the configuration.
 * @throws Error naming every variable that is missing or wrong
 */
export function readApiConfig(env: NodeJS.ProcessEnv): ApiConfig {
  const parsed = schema.safeParse(env);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `  ${String(path[0])}: ${env[String(path[0])] === undefined ? 'is missing' : message}`);
  throw new Error(`The API's configuration is incomplete:\n${lines.join('\n')}`);
}
