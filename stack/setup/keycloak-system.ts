import {
  type Account,
  connectKeycloak,
  type KeycloakAdmin,
  KeycloakError,
} from '../../backends/keycloak/provisioner/admin';
import { ensureServiceAccount } from '../../backends/keycloak/provisioner/client';
import type { StackInfo } from '../stack-info';

const REALM = 'freeflow-system';
const CLIENT = 'freeflow-operator';
const AUDIENCE = 'freeflow-api';
const TOKEN_LIFE_S = 15 * 60;
const TIMEOUT_MS = 10_000;

/** Puts the permission and the audience that the API asks for into the token. */
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

/** Makes the realm that the API's tokens come from, with a client for whoever operates the stack. One that is there keeps its secret, since another stack may use it too. */
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
  return { ...(await readEndpoints(owner.url)), audience: AUDIENCE, clientId: CLIENT, clientSecret: client.secret };
}

/** What tokens say of where they come from, which the server's own settings may make another address than ours. */
async function readEndpoints(url: string): Promise<Pick<StackInfo['auth'], 'issuer' | 'tokenUrl'>> {
  const response = await fetch(`${url}/realms/${REALM}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const { issuer, token_endpoint: tokenUrl } = (await response.json()) as { issuer?: string; token_endpoint?: string };
  if (issuer === undefined || tokenUrl === undefined)
    throw new Error(`Keycloak answers ${response.status} when asked for the issuer of realm ${REALM}`);
  return { issuer, tokenUrl };
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
