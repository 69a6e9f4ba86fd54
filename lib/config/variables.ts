import {
  httpUrl,
  masterUrl,
  mongoAddress,
  mongoUrl,
  oneOf,
  postgresAddress,
  postgresUrl,
  rolePassword,
  secret,
  secretKey,
  secretKeys,
  serverUrl,
  signingKey,
  text,
  wholeNumber,
} from './kinds';

/** The variables that several programs read, or keep from their children: each is described once, here. */
export const VARIABLES = {
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('the least severe lines that are logged'),
  MASTER_DATABASE_URL: secret(masterUrl(), 'the master database'),
  MASTER_DATABASE_POOL: wholeNumber(1, 1_000)
    .default(10)
    .describe('connections to it at most; what finds none free waits'),
  MASTER_API_ROLE_PASSWORD: secret(
    rolePassword().optional(),
    "password of freeflow_api; unset: a new role can't log in, an old one is kept as it is",
  ),
  MASTER_WORKER_ROLE_PASSWORD: secret(rolePassword().optional(), 'the same for freeflow_worker'),
  SECRETS_KEY: secret(secretKey(), "the key that the tenants' secrets are sealed by"),
  SECRETS_OLD_KEYS: secret(secretKeys().optional(), 'former keys, which still open what they have sealed'),
  POSTGRES_ADMIN_URL: secret(
    postgresUrl(),
    "the tenants' PostgreSQL server, by a login that may make databases and roles",
  ),
  MONGODB_ADMIN_URL: secret(
    mongoUrl(),
    "the tenants' MongoDB server, by a login that may make users and drop databases",
  ),
  QDRANT_URL: serverUrl().describe("the tenants' Qdrant server"),
  QDRANT_API_KEY: secret(signingKey(), "its API key, by which the tenants' tokens are signed too"),
  KEYCLOAK_URL: serverUrl().describe("the tenants' Keycloak server"),
  KEYCLOAK_CLIENT_ID: text('the name of a client with a service account').describe(
    'a client there that may make realms',
  ),
  KEYCLOAK_CLIENT_SECRET: secret(text("the client's secret"), 'the secret of that client'),
  POSTGRES_TENANT_URL: postgresAddress()
    .optional()
    .describe(
      "the PostgreSQL server as the tenants' applications reach it; unset: the worker's own way, without its login",
    ),
  MONGODB_TENANT_URL: mongoAddress()
    .optional()
    .describe("the MongoDB server as they reach it; unset: the worker's own way"),
  QDRANT_TENANT_URL: httpUrl().optional().describe("the Qdrant server as they reach it; unset: the worker's own way"),
  TEMPORAL_UI_URL: httpUrl().optional().describe('where people find the Temporal UI, for links to runs'),
};
