import type { StackInfo } from '@freeflow/contract/stack-info';
import { discoverIssuer } from '@freeflow/lib/oauth';
import {
  type Account,
  connectKeycloak,
  type KeycloakAdmin,
  KeycloakError,
} from '../../backends/keycloak/provisioner/admin';
import { ensureServiceAccount } from '../../backends/keycloak/provisioner/service-account';

const REALM = 'freeflow-system';
const CLIENT = 'freeflow-operator';
const AUDIENCE = 'freeflow-api';
const TOKEN_LIFE_S = 15 * 60;

/** Puts the permission and the audience that the API requires into the token. */
const MAPPERS = [
  {
    name: 'permissions',
    protocol: 'openid-connect',
    protocolMapper: 'oidc-hardcoded-claim-mapper',
    config: {
      'claim.name': 'permissions',
      'claim.value': '["system:*"]',
      'jsonType.label': 'JSON',
      'access.token.claim': 'true',
      'id.token.claim': 'false',
      'userinfo.token.claim': 'false',
    },
  },
  {
    name: 'audience',
    protocol: 'openid-connect',
    protocolMapper: 'oidc-audience-mapper',
    config: { 'included.custom.audience': AUDIENCE, 'access.token.claim': 'true', 'id.token.claim': 'false' },
  },
];

/** Makes the realm that the API's tokens come from, with a client for the stack's operator. One that is there keeps its secret, since another stack may use it too. */
export async function setUpSystemRealm(owner: Account, secret: string): Promise<StackInfo['auth']> {
  await ensureRealm(await connectKeycloak(owner));
  // A token knows only the realms that were there when it was given out.
  const client = await ensureServiceAccount(
    await connectKeycloak(owner),
    REALM,
    CLIENT,
    { value: secret, isForced: false },
    { protocolMappers: MAPPERS },
  );
  // The issuer in tokens, which the server's own settings may make another address than ours.
  return {
    ...(await discoverIssuer(`${owner.url}/realms/${REALM}`)),
    audience: AUDIENCE,
    clientId: CLIENT,
    clientSecret: client.secret,
  };
}

async function ensureRealm(admin: KeycloakAdmin): Promise<void> {
  if ((await admin('GET', `/${REALM}`)) !== undefined) return;
  try {
    await admin('POST', '', {
      realm: REALM,
      displayName: 'FreeFlow',
      enabled: true,
      sslRequired: 'external',
      accessTokenLifespan: TOKEN_LIFE_S,
    });
  } catch (error) {
    if (!(error instanceof KeycloakError) || error.status !== 409) throw error;
  }
}
