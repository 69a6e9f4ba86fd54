import { readConfig, text, VARIABLES, variablesOf } from '@freeflow/lib/config';
import { z } from 'zod';
import { BACKEND_VARIABLES } from '../backends/registry';

const { MASTER_DATABASE_URL, TEMPORAL_UI_URL } = VARIABLES;
const {
  POSTGRES_ADMIN_URL,
  MONGODB_ADMIN_URL,
  QDRANT_URL,
  QDRANT_API_KEY,
  KEYCLOAK_URL,
  KEYCLOAK_CLIENT_ID,
  KEYCLOAK_CLIENT_SECRET,
} = BACKEND_VARIABLES;

const NEEDED_TOGETHER = [
  ['QDRANT_URL', 'QDRANT_API_KEY'],
  ['KEYCLOAK_URL', 'KEYCLOAK_CLIENT_ID'],
  ['KEYCLOAK_URL', 'KEYCLOAK_CLIENT_SECRET'],
] as const;

/** The servers to use in place of the stack's own. */
export const stackVariables = z
  .object({
    MASTER_DATABASE_URL: MASTER_DATABASE_URL.optional(),
    POSTGRES_ADMIN_URL: POSTGRES_ADMIN_URL.optional(),
    MONGODB_ADMIN_URL: MONGODB_ADMIN_URL.optional(),
    QDRANT_URL: QDRANT_URL.optional(),
    QDRANT_API_KEY: QDRANT_API_KEY.optional(),
    KEYCLOAK_URL: KEYCLOAK_URL.optional(),
    KEYCLOAK_CLIENT_ID: KEYCLOAK_CLIENT_ID.optional(),
    KEYCLOAK_CLIENT_SECRET: KEYCLOAK_CLIENT_SECRET.optional(),
    TEMPORAL_ADDRESS: text('HOST:PORT', (value) => /^[^\s/]+:\d+$/.test(value))
      .optional()
      .describe('the Temporal server'),
    TEMPORAL_NAMESPACE: text('the name of a namespace')
      .optional()
      .describe('an existing namespace of the Temporal server; unset: `default`'),
    TEMPORAL_UI_URL,
  })
  .superRefine((env, context) => {
    for (const [name, needed] of NEEDED_TOGETHER) {
      if (env[name] !== undefined && env[needed] === undefined)
        context.addIssue({ code: 'custom', path: [needed], message: `is needed together with ${name}` });
    }
  });

/** The servers that are not to be started, because the environment names others. */
export type External = z.infer<typeof stackVariables>;

/**
 * Reads which servers are replaced by a URL.
 * @throws ConfigError naming every wrong variable, never with a value
 */
export const readExternal = (env: NodeJS.ProcessEnv): External => readConfig(stackVariables, env);

/** Those of the command line, which reads them by itself. */
const SECRETS_OF_CLI = [
  'POSTGRES_OWNER_URL',
  'MONGODB_OWNER_URL',
  'KEYCLOAK_OWNER_CLIENT_SECRET',
  'PROVISIONER_POSTGRES_PASSWORD',
  'PROVISIONER_MONGODB_PASSWORD',
  'PROVISIONER_KEYCLOAK_SECRET',
];

/** Variables that hold credentials, or the paths of them: a child gets only those it is given on purpose. */
const SECRET_VARIABLES = new Set(
  [
    ...variablesOf(z.object({ ...VARIABLES, ...BACKEND_VARIABLES }))
      .filter(({ isSecret }) => isSecret)
      .map(({ name }) => name),
    ...SECRETS_OF_CLI,
  ].flatMap((name) => [name, `${name}_FILE`]),
);

/** The environment that children inherit: the user's own, without its credentials. */
export const withoutSecrets = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !SECRET_VARIABLES.has(name)));
