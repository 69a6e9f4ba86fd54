import { z } from 'zod';

const url = (...protocols: string[]) => z.string().refine((value) => protocols.some((protocol) => value.startsWith(`${protocol}://`)) && URL.canParse(value), { message: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}` }).optional();
const postgresUrl = () => url('postgres', 'postgresql');
const text = z.string().min(1).optional();

const schema = z.object({
  MASTER_DATABASE_URL: postgresUrl(),
  POSTGRES_ADMIN_URL: postgresUrl(),
  MONGODB_ADMIN_URL: url('mongodb', 'mongodb+srv'),
  QDRANT_URL: url('http', 'https'),
  QDRANT_API_KEY: text,
  KEYCLOAK_URL: url('http', 'https'),
  KEYCLOAK_CLIENT_ID: text,
  KEYCLOAK_CLIENT_SECRET: text,
  TEMPORAL_ADDRESS: z.string().regex(/^[^\s/]+:\d+$/, 'must be host:port').optional(),
  TEMPORAL_NAMESPACE: text,
  TEMPORAL_UI_URL: url('http', 'https'),
}).superRefine((env, context) => {
  for (const [name, needed] of NEEDED_TOGETHER) {
    if (env[name] !== undefined && env[needed] === undefined) context.addIssue({ code: 'custom', path: [needed], message: `is needed together with ${name}` });
  }
});

const NEEDED_TOGETHER = [
  ['QDRANT_URL', 'QDRANT_API_KEY'],
  ['KEYCLOAK_URL', 'KEYCLOAK_CLIENT_ID'],
  ['KEYCLOAK_URL', 'KEYCLOAK_CLIENT_SECRET'],
] as const;

/** The servers that are not to be started, because the environment names others. */
export type External = z.infer<typeof schema>;

/**
 * Reads which servers are replaced by a URL. An empty variable counts as unset.
 * @throws Error that names every wrong variable
 */
export function readExternal(env: NodeJS.ProcessEnv): External {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const { success, data, error } = schema.safeParse(set);
  if (success) return data;
  throw new Error(`The environment is wrong:\n${error.issues.map((issue) => `  ${issue.path.join('.')} ${issue.message}`).join('\n')}`);
}

/** Variables that carry credentials: a child gets only those it is given on purpose. */
const SECRET_VARIABLES = new Set(['MASTER_DATABASE_URL', 'POSTGRES_ADMIN_URL', 'MONGODB_ADMIN_URL', 'QDRANT_API_KEY', 'KEYCLOAK_CLIENT_SECRET', 'SECRETS_KEY', 'SECRETS_OLD_KEYS', 'MASTER_API_ROLE_PASSWORD', 'MASTER_WORKER_ROLE_PASSWORD', 'POSTGRES_OWNER_URL', 'MONGODB_OWNER_URL', 'KEYCLOAK_OWNER_CLIENT_SECRET', 'PROVISIONER_POSTGRES_PASSWORD', 'PROVISIONER_MONGODB_PASSWORD', 'PROVISIONER_KEYCLOAK_SECRET']);

/** The environment that children inherit: the user's own, without its credentials. */
export const withoutSecrets = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => Object.fromEntries(Object.entries(env).filter(([name]) => !SECRET_VARIABLES.has(name)));
