import { z } from 'zod';

const ms = (byDefault: number) => z.coerce.number().int().positive().default(byDefault);
const url = (...protocols: string[]) =>
  z.string().refine((it) => URL.canParse(it) && protocols.includes(new URL(it).protocol), `must be a URL starting with ${protocols.join(' or ')}//`).transform((it) => new URL(it));

/** Everything the worker is told from outside. Temporal's address comes by Temporal's own standard variables. */
export const workerConfigSchema = z.object({
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
  TASK_QUEUE: z.string().min(1).default('freeflow'),
  MASTER_DATABASE_URL: url('postgres:', 'postgresql:'),
  SECRETS_KEY: z.string().min(1),
  SECRETS_OLD_KEYS: z.string().optional(),
  POSTGRES_ADMIN_URL: url('postgres:', 'postgresql:'),
  MONGODB_ADMIN_URL: url('mongodb:', 'mongodb+srv:'),
  QDRANT_URL: url('http:', 'https:'),
  QDRANT_API_KEY: z.string().min(1),
  QDRANT_VECTOR_SIZE: z.coerce.number().int().min(1).max(65_536).default(1536),
  QDRANT_DISTANCE: z.enum(['Cosine', 'Dot', 'Euclid', 'Manhattan']).default('Cosine'),
  KEYCLOAK_URL: url('http:', 'https:'),
  KEYCLOAK_REALM: z.string().min(1).default('master'),
  KEYCLOAK_CLIENT_ID: z.string().min(1),
  KEYCLOAK_CLIENT_SECRET: z.string().min(1),
  /** Realms made, tried or dropped at a time by one worker. */
  KEYCLOAK_CONCURRENCY: z.coerce.number().int().min(1).max(50).default(2),
  WORKER_HEALTH_HOST: z.string().default('127.0.0.1'),
  WORKER_HEALTH_PORT: z.coerce.number().int().min(0).max(65_535).default(3001),
  /** How long running activities may go on after the worker was told to stop. */
  WORKER_GRACE_MS: ms(20_000),
  SWEEP_INTERVAL_MS: ms(10_000),
  /** How long a failing step is retried before it is parked, to wait for an answer. */
  STEP_PATIENCE_MS: ms(120_000),
  /** How often a parked step is tried again by itself. */
  PARKED_RETRY_MS: ms(600_000),
  /** When a create that is parked, and that nobody answers, is rolled back. */
  PARKED_CREATE_MS: ms(24 * 3_600_000),
  /** How long the data of a soft-deleted tenant is kept before it is purged. */
  RETENTION_MS: ms(7 * 24 * 3_600_000),
});

export type WorkerConfig = z.output<typeof workerConfigSchema>;

/**
 * Reads the configuration.
 * @throws Error naming every variable that is missing or wrong
 */
export function readWorkerConfig(env: NodeJS.ProcessEnv): WorkerConfig {
  const parsed = workerConfigSchema.safeParse(env);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${env[String(path[0])] === undefined ? 'is missing' : message}`);
  throw new Error(`The worker's configuration is incomplete:\n${lines.join('\n')}`);
}
