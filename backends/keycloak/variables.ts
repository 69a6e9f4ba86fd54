import { secret, serverUrl, text, wholeNumber } from '@freeflow/lib/config';

/** What the worker reads of its environment for Keycloak. */
export const VARIABLES = {
  KEYCLOAK_URL: serverUrl().describe("the tenants' Keycloak server"),
  KEYCLOAK_REALM: text('the name of a realm').default('master').describe('realm of the client KEYCLOAK_CLIENT_ID'),
  KEYCLOAK_CLIENT_ID: text('the name of a client with a service account').describe(
    'client in KEYCLOAK_REALM whose service account may create realms',
  ),
  KEYCLOAK_CLIENT_SECRET: secret(text("the client's secret"), 'secret of the client KEYCLOAK_CLIENT_ID'),
  KEYCLOAK_CONCURRENCY: wholeNumber(1, 50)
    .default(2)
    .describe('realms that one worker creates, probes or drops at a time'),
  KEYCLOAK_POOL_SIZE: wholeNumber(0, 50)
    .default(3)
    .describe(
      'blank realms kept ready for the next creates, the same for all workers; 0: none, and those that there are get dropped',
    ),
};
