import { defineBackend } from '../module';
import { KeycloakBackend } from './adapter';
import { BLUEPRINT_FORM } from './blueprint/form';
import { CONNECT } from './connect';
import { DEMO } from './demo';
import { CHECKS, SETTINGS, VERSIONS } from './doctor';
import { FAILURE_CODES } from './failure-codes';
import { PROVISIONER } from './provisioner';
import { VARIABLES } from './variables';

/** All that FreeFlow knows of Keycloak as a backend of tenants. */
export const MODULE = defineBackend({
  variables: VARIABLES,
  failureCodes: FAILURE_CODES,
  blueprint: BLUEPRINT_FORM,
  connect: CONNECT,
  rotatedSecret: 'client-secret',
  demo: DEMO,
  doctor: { settings: SETTINGS, checks: CHECKS, versions: VERSIONS },
  provisioner: PROVISIONER,
  stackVariables: ({ keycloak: { url, clientId, clientSecret, provisioner } }) => ({
    KEYCLOAK_URL: url,
    KEYCLOAK_REALM: 'master',
    KEYCLOAK_CLIENT_ID: provisioner.clientId,
    KEYCLOAK_CLIENT_SECRET: provisioner.clientSecret,
    KEYCLOAK_OWNER_CLIENT_ID: clientId,
    KEYCLOAK_OWNER_CLIENT_SECRET: clientSecret,
  }),
  createBackend: (config) =>
    new KeycloakBackend(
      {
        baseUrl: config.KEYCLOAK_URL.replace(/\/+$/, ''),
        realm: config.KEYCLOAK_REALM,
        clientId: config.KEYCLOAK_CLIENT_ID,
        clientSecret: config.KEYCLOAK_CLIENT_SECRET,
      },
      config.KEYCLOAK_CALL_TIMEOUT_MS,
      config.KEYCLOAK_POOL_SIZE,
      config.KEYCLOAK_REALM_KEYS,
      config.KEYCLOAK_BLUEPRINT_SMTP_PASSWORD,
    ),
  poolVariable: 'KEYCLOAK_POOL_SIZE',
  concurrency: (config) => config.KEYCLOAK_CONCURRENCY,
});
