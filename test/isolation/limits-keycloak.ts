import type { Attack } from './attack';
import { ask, json } from './http';
import type { KeycloakReach } from './keycloak-reach';

const look = (
  what: string,
  as: string,
  answer: string,
  run: (by: KeycloakReach, on: KeycloakReach) => Promise<string>,
): Attack => ({ what, as, answer, run: (by, on) => run(by.keycloak, on.keycloak) });
const keysOf = (value: Record<string, unknown>): string => Object.keys(value).sort().join(', ');

const ADMIN = 'its first admin';

export const KEYCLOAK_LIMITS: readonly Attack[] = [
  look(
    "see that the other's realm exists, and its public key",
    'nobody',
    'account-service, public_key, realm, token-service, tokens-not-before',
    async (by, on) => keysOf(json(await ask('GET', `${by.url}/realms/${on.realm}`))),
  ),
  look('ask the admin API for a realm that does not exist, told from one that does', ADMIN, '404', async (by) =>
    String((await by.call(by.admin.accessToken, 'GET', '/admin/realms/freeflow-attack')).status),
  ),
  look('list realms: its own alone', ADMIN, '(own)', async (by) => {
    const realms = json<{ realm: string }[]>(await by.call(by.admin.accessToken, 'GET', '/admin/realms'));
    return realms
      .map((it) => it.realm)
      .join(', ')
      .replace(by.realm, '(own)');
  }),
  look(
    'read what the server can do, no figures of machine or memory, no realm',
    ADMIN,
    'builtinProtocolMappers, clientInstallations, componentTypes, cryptoInfo, enums, features, identityProviders, parameterizedScopeTypes, passwordPolicies, profileInfo, protocolMapperTypes, providers, socialProviders, themes',
    async (by, on) => {
      const answer = await by.call(by.admin.accessToken, 'GET', '/admin/serverinfo');
      return answer.text.includes(on.realm) ? "the other's realm" : keysOf(json(answer));
    },
  ),
];
