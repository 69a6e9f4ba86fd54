import { z } from 'zod';

/** A process that can't be mistaken for another one: a pid alone is given away again, its start time is not. */
export const processIdentitySchema = z.object({ pid: z.number().int().positive(), startedAt: z.string() });
export type ProcessIdentity = z.output<typeof processIdentitySchema>;

const clientSchema = z.object({ clientId: z.string(), clientSecret: z.string() });
const approleSchema = z.object({ roleId: z.string(), secretId: z.string() });
const pid = z.number().optional().describe('Missing while it does not run');

/**
 * The content of `stack.json`: everything one can reach a running stack by, credentials included. The stack writes it
 * last; the command line, doctor and tests read it, each by the parts it needs (`stackInfoSchema.pick`).
 */
export const stackInfoSchema = z.object({
  version: z.literal(1),
  /** The stack's folder, absolute. */
  dir: z.string(),
  /** The process that keeps the servers up: while it lives, the stack runs. */
  supervisor: processIdentitySchema,
  api: z.object({ url: z.string(), pid }),
  worker: z.object({
    healthUrl: z.string(),
    /** Where Temporal's SDK serves what it measures; with `--observe` alone. */
    sdkMetricsUrl: z.string().optional(),
    pid,
  }),
  /** With `--observe` alone. */
  prometheus: z.object({ url: z.string(), pid }).optional(),
  temporal: z.object({
    address: z.string(),
    namespace: z.string(),
    uiUrl: z.string().optional(),
    cliPath: z.string().optional(),
  }),
  /** The owner of the master database; API and worker have roles of their own. */
  masterDatabaseUrl: z.string(),
  masterDatabase: z.object({
    apiUrl: z.string(),
    workerUrl: z.string(),
    apiPassword: z.string(),
    workerPassword: z.string(),
  }),
  postgres: z.object({
    url: z.string(),
    provisionerUrl: z.string(),
    /** Of the embedded server; psql and pg_dump lie beside it where its package brings them. */
    programPath: z.string().optional(),
  }),
  mongodb: z.object({ url: z.string(), provisionerUrl: z.string() }),
  qdrant: z.object({ url: z.string(), apiKey: z.string() }),
  keycloak: clientSchema.extend({ url: z.string(), provisioner: clientSchema }),
  /** The client whose tokens the API takes, and the person who may log in. */
  auth: clientSchema.extend({
    issuer: z.string(),
    tokenUrl: z.string(),
    audience: z.string(),
    person: z.object({ username: z.string(), password: z.string() }),
  }),
  secretsKey: z.string(),
  /** With `--vault` alone: its administrator, the worker's login and one that may read. */
  vault: z.object({ url: z.string(), rootToken: z.string(), worker: approleSchema, reader: approleSchema }).optional(),
  processes: z.record(z.string(), processIdentitySchema.extend({ port: z.number() })),
});
export type StackInfo = z.output<typeof stackInfoSchema>;

/** The variables by which a process finds the stack's vault, and logs in there; none where it has no vault. */
export const vaultVariablesOf = (
  { vault }: Pick<StackInfo, 'vault'>,
  login: 'worker' | 'reader',
): Record<string, string> =>
  vault === undefined
    ? {}
    : { VAULT_ADDR: vault.url, VAULT_ROLE_ID: vault[login].roleId, VAULT_SECRET_ID: vault[login].secretId };
