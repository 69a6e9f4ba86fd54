import type { StackInfo } from '@freeflow/contract/stack-info';
import { discoverIssuer } from '@freeflow/lib/oauth';
import type KeycloakAdminClient from '@keycloak/keycloak-admin-client';
import { type Account, connectKeycloak, keycloakProblem, statusOf } from '../../backends/keycloak/provisioner/admin';
import { type EnsuredClient, ensureServiceAccount } from '../../backends/keycloak/provisioner/service-account';

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

/**
 * Makes the realm that the API's tokens come from, with a client for the stack's operator. One that is there keeps its
 * secret, since another stack may use it too.
 */
export async function setUpSystemRealm(owner: Account, secret: string): Promise<StackInfo['auth']> {
  const client = await ensureRealmAndClient(owner, secret).catch((error: unknown) => {
    throw keycloakProblem(error);
  });
  // The issuer in tokens, which the server's own settings may make another address than ours.
  const { issuer, tokenUrl } = await discoverIssuer(`${owner.url}/realms/${REALM}`);
  return {
    issuer,
    tokenUrl,
    audience: AUDIENCE,
    clientId: CLIENT,
    clientSecret: client.secret,
  };
}

async function ensureRealmAndClient(owner: Account, secret: string): Promise<EnsuredClient> {
  await ensureRealm(await connectKeycloak(owner));
  // A token knows only the realms that were there when it was given out.
  return ensureServiceAccount(
    await connectKeycloak(owner),
    REALM,
    CLIENT,
    { value: secret, isForced: false },
    { protocolMappers: MAPPERS },
  );
}

async function ensureRealm({ realms }: KeycloakAdminClient): Promise<void> {
  const found: unknown = await realms.findOne({ realm: REALM });
  // findOne gives null for 404, whatever its type says.
  if (found !== undefined && found !== null) return;
  try {
    await realms.create({
      realm: REALM,
      displayName: 'FreeFlow',
      enabled: true,
      sslRequired: 'external',
      accessTokenLifespan: TOKEN_LIFE_S,
    });
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
  }
}
