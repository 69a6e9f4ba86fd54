import { oneOf, secret, serverUrl, text, wholeNumber } from '@freeflow/lib/config';
import { REALM_KEYS } from './realm-keys';

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
  // Twice this, and some calls, fit into the time of one attempt (contract/backends.ts); and the second in which calls
  // share an announcement (activities/backend-call.ts) is little of it.
  KEYCLOAK_CALL_TIMEOUT_MS: wholeNumber(5_000, 120_000, 'a whole number of milliseconds, 5000 to 120000')
    .default(60_000)
    .describe(
      'how long a call to Keycloak may take, the same for all workers; longer where there are thousands of realms. Shorten it only while nothing is under way: what an unanswered call could still do is judged by it',
    ),
  KEYCLOAK_REALM_KEYS: oneOf(REALM_KEYS)
    .default('RSA')
    .describe(
      'the keys of new realms, the same for all workers. RSA: RS256, which every application knows; EC: ES256, for applications that go by the published keys: a realm is made in about 0.6 of the time, and tokens are shorter',
    ),
  KEYCLOAK_BLUEPRINT_SMTP_PASSWORD: secret(
    text("the password of the mail server's user").optional(),
    'what realms send mail by, where the blueprint names it (docs/blueprint.md)',
  ),
  KEYCLOAK_POOL_SIZE: wholeNumber(0, 50)
    .default(3)
    .describe(
      'blank realms kept ready for the next creates, the same for all workers; 0: none, and those that there are get dropped',
    ),
};
