import { readConfig, text, VARIABLES, variablesOf } from '@freeflow/lib/config';
import { z } from 'zod';
import type { BackendModule } from '../backends/module';
import { BACKEND_VARIABLES, REGISTRY } from '../backends/registry';

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
      .describe('a namespace there that exists; unset: `default`'),
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

const provisioners = Object.values<BackendModule>(REGISTRY).flatMap(({ provisioner }) =>
  'plan' in provisioner ? [provisioner] : [],
);

/** Variables that carry credentials, or their location: a child gets only those it is given on purpose. */
const SECRET_VARIABLES = new Set(
  [
    ...[VARIABLES, BACKEND_VARIABLES, ...provisioners.map((it) => it.ownerVariables)].flatMap((variables) =>
      variablesOf(z.object(variables))
        .filter(({ isSecret }) => isSecret)
        .map(({ name }) => name),
    ),
    ...provisioners.map((it) => it.passwordVariable),
  ].flatMap((name) => [name, `${name}_FILE`]),
);

/** The environment that children inherit: the user's own, without its credentials. */
export const withoutSecrets = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !SECRET_VARIABLES.has(name)));
