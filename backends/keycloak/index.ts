import { defineBackend } from '../module';
import { KeycloakBackend } from './adapter';
import { FAILURE_CODES } from './failure-codes';
import { VARIABLES } from './variables';

/** All that FreeFlow knows of Keycloak as a backend of tenants. */
export const MODULE = defineBackend({
  variables: VARIABLES,
  failureCodes: FAILURE_CODES,
  createBackend: (config) =>
    new KeycloakBackend({
      baseUrl: config.KEYCLOAK_URL.replace(/\/+$/, ''),
      realm: config.KEYCLOAK_REALM,
      clientId: config.KEYCLOAK_CLIENT_ID,
      clientSecret: config.KEYCLOAK_CLIENT_SECRET,
    }),
  concurrency: (config) => config.KEYCLOAK_CONCURRENCY,
});
