import {
  addresses,
  httpUrl,
  masterUrl,
  oneOf,
  rolePassword,
  secret,
  secretKey,
  secretKeys,
  text,
  wholeNumber,
} from './kinds';
import { VAULT_VARIABLES } from './vault-variables';

/** The variables that several programs read, or keep from their children: each is described once, here. */
export const VARIABLES = {
  LOG_LEVEL: oneOf(['trace', 'debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('the least severe lines that are logged'),
  MASTER_DATABASE_URL: secret(masterUrl(), 'the master database'),
  MASTER_DATABASE_POOL: wholeNumber(1, 1_000)
    .default(10)
    .describe('connections to the master database at most; what finds none free waits'),
  MASTER_API_ROLE_PASSWORD: secret(
    rolePassword().optional(),
    "password of freeflow_api; unset: a new role can't log in, an old one is kept as it is",
  ),
  MASTER_WORKER_ROLE_PASSWORD: secret(
    rolePassword().optional(),
    "password of freeflow_worker; unset: a new role can't log in, an old one is kept as it is",
  ),
  SECRETS_KEY: secret(secretKey(), "the key that the tenants' secrets are sealed by"),
  SECRETS_OLD_KEYS: secret(secretKeys().optional(), 'former keys, which still open what they have sealed'),
  SECRETS_STORE: oneOf(['db', 'vault'])
    .default('db')
    .describe('where new secrets of tenants go: `db`, sealed in the master database, or `vault`; both are read'),
  ...VAULT_VARIABLES,
  WEBHOOK_ALLOWED_NETWORKS: addresses()
    .optional()
    .describe(
      'networks that webhooks may be sent to though they are not public, by http as well; unset: to public addresses alone, by https. API and workers need the same value',
    ),
  PLANS_FILE: text('the path of a file')
    .optional()
    .describe(
      'the plans by which tenants are limited, YAML or JSON; unset: there are none. API and workers need the same file, which they read when they start',
    ),
  TEMPORAL_UI_URL: httpUrl().optional().describe('where people find the Temporal UI, for links to runs'),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl()
    .optional()
    .describe('where traces go, by OTLP over HTTP, such as http://localhost:4318; unset: nothing is traced'),
  OTEL_EXPORTER_OTLP_HEADERS: secret(
    text('NAME=VALUE, several separated by commas').optional(),
    'headers for it, such as a token',
  ),
  FREEFLOW_API_URL: httpUrl().describe('where the API answers'),
  FREEFLOW_TOKEN: secret(text('an access token for the API'), 'an access token for the API'),
  FREEFLOW_TOKEN_URL: httpUrl().describe('where access tokens for the API are given out'),
  FREEFLOW_CLIENT_ID: text('the id of a client').describe('a client whose tokens the API accepts'),
  FREEFLOW_CLIENT_SECRET: secret(text('the secret of that client'), 'the secret of the client FREEFLOW_CLIENT_ID'),
};
