import type { StackInfo } from '@freeflow/contract/stack-info';
import { discoverIssuer } from '@freeflow/lib/oauth';
import type KeycloakAdminClient from '@keycloak/keycloak-admin-client';
import { type Account, connectKeycloak, keycloakProblem, statusOf } from '../../backends/keycloak/provisioner/admin';
import { ensureServiceAccount } from '../../backends/keycloak/provisioner/service-account';
import { ensurePerson } from './keycloak-person';

const REALM = 'freeflow-system';
const CLIENT = 'freeflow-operator';
const AUDIENCE = 'freeflow-api';
/** What the API requires of a token. */
const PERMISSION = 'system:*';
const TOKEN_LIFE_S = 15 * 60;

const AUDIENCE_MAPPER = {
  name: 'audience',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-audience-mapper',
  config: { 'included.custom.audience': AUDIENCE, 'access.token.claim': 'true', 'id.token.claim': 'false' },
};

/** Puts the permission and the audience that the API requires into the operator's token. */
const OPERATOR_MAPPERS = [
  {
    name: 'permissions',
    protocol: 'openid-connect',
    protocolMapper: 'oidc-hardcoded-claim-mapper',
    config: {
      'claim.name': 'permissions',
      'claim.value': JSON.stringify([PERMISSION]),
      'jsonType.label': 'JSON',
      'access.token.claim': 'true',
      'id.token.claim': 'false',
      'userinfo.token.claim': 'false',
    },
  },
  AUDIENCE_MAPPER,
];

/** What the realm is made with. */
interface Wanted {
  clientSecret: string;
  /** Of the person. */
  password: string;
  /** Whether this stack alone uses the server. */
  isOurs: boolean;
}

/**
 * Makes the realm that the API's tokens come from, with a client for the stack's operator, and a person who logs in by
 * the command line's own. A client that is there keeps its secret, since another stack may use it too.
 */
export async function setUpSystemRealm(owner: Account, wanted: Wanted): Promise<StackInfo['auth']> {
  const { client, person } = await ensureRealmWithClients(owner, wanted).catch((error: unknown) => {
    throw keycloakProblem(error);
  });
  // The issuer in tokens, which the server's own settings may make another address than ours.
  const { issuer, tokenUrl } = await discoverIssuer(`${owner.url}/realms/${REALM}`);
  return { issuer, tokenUrl, audience: AUDIENCE, clientId: CLIENT, clientSecret: client.secret, person };
}

async function ensureRealmWithClients(owner: Account, { clientSecret, password, isOurs }: Wanted) {
  await ensureRealm(await connectKeycloak(owner));
  // A token knows only the realms that were there when it was given out.
  const admin = await connectKeycloak(owner);
  const client = await ensureServiceAccount(
    admin,
    REALM,
    CLIENT,
    { value: clientSecret, isForced: false },
    { protocolMappers: OPERATOR_MAPPERS },
  );
  return {
    client,
    person: await ensurePerson(admin, REALM, { permission: PERMISSION, password, isOurs }, [AUDIENCE_MAPPER]),
  };
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
