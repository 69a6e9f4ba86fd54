import { connectKeycloak, type KeycloakAdmin, KeycloakError } from './keycloak-api';

const REALM = 'freeflow-system';
const SYSTEM_CLIENT = 'freeflow-operator';
const PROVISIONER = 'freeflow-provisioner';
const AUDIENCE = 'freeflow-api';
const TOKEN_LIFE_S = 15 * 60;

interface Client { id: string; clientId: string }
interface OwnedClient { clientId: string; clientSecret: string }

export interface KeycloakSetUp extends OwnedClient {
  url: string;
  provisionerSecret: string;
  systemSecret: string;
  note: (text: string) => void;
}

export interface KeycloakSetUpDone {
  provisioner: OwnedClient;
  auth: OwnedClient & { issuer: string; tokenUrl: string; audience: string };
}

/** A client that logs in as itself, by its secret, and in no other way. */
const serviceAccount = (clientId: string, secret: string) => ({ clientId, secret, publicClient: false, serviceAccountsEnabled: true, standardFlowEnabled: false, directAccessGrantsEnabled: false });

/** Puts the permission and the audience that the API asks for into the token. */
const MAPPERS = [
  { name: 'permissions', protocol: 'openid-connect', protocolMapper: 'oidc-hardcoded-claim-mapper', config: { 'claim.name': 'permissions', 'claim.value': '["system:*"]', 'jsonType.label': 'JSON', 'access.token.claim': 'true', 'id.token.claim': 'false', 'userinfo.token.claim': 'false' } },
  { name: 'audience', protocol: 'openid-connect', protocolMapper: 'oidc-audience-mapper', config: { 'included.custom.audience': AUDIENCE, 'access.token.claim': 'true', 'id.token.claim': 'false' } },
];

/** Makes the realm that the API's tokens come from, and the worker's service account, which may create realms and nothing else. */
export async function setUpKeycloak({ url, clientId, clientSecret, provisionerSecret, systemSecret, note }: KeycloakSetUp): Promise<KeycloakSetUpDone> {
  const admin = await connectKeycloak(url, clientId, clientSecret);
  await ensureRealm(admin);
  // A token knows only the realms that were there when it was given out.
  const renewed = await connectKeycloak(url, clientId, clientSecret);
  const systemClient = await ensureClient(renewed, REALM, { ...serviceAccount(SYSTEM_CLIENT, systemSecret), protocolMappers: MAPPERS });
  const issuer = `${url}/realms/${REALM}`;
  return {
    auth: { issuer, tokenUrl: `${issuer}/protocol/openid-connect/token`, audience: AUDIENCE, clientId: SYSTEM_CLIENT, clientSecret: systemClient.secret },
    provisioner: await ensureProvisioner(renewed, provisionerSecret) ?? givenCredentials(),
  };

  function givenCredentials(): OwnedClient {
    note('no service account of its own could be made for the worker: the rights are lacking; KEYCLOAK_CLIENT_ID is used as it is');
    return { clientId, clientSecret };
  }
}

async function ensureRealm(admin: KeycloakAdmin): Promise<void> {
  if (await admin('GET', `/${REALM}`) !== undefined) return;
  try {
    await admin('POST', '', { realm: REALM, displayName: 'FreeFlow', enabled: true, sslRequired: 'external', accessTokenLifespan: TOKEN_LIFE_S });
  } catch (error) {
    if (!(error instanceof KeycloakError) || error.status !== 409) throw error;
  }
}

/** The client, made if it isn't there; one that is keeps its secret, since another stack may use it too. */
async function ensureClient(admin: KeycloakAdmin, realm: string, wanted: ReturnType<typeof serviceAccount> & { protocolMappers?: typeof MAPPERS }): Promise<{ id: string; secret: string }> {
  const find = async () => (await admin<Client[]>('GET', `/${realm}/clients?clientId=${wanted.clientId}`))?.find(({ clientId }) => clientId === wanted.clientId);
  let client = await find();
  if (client === undefined) {
    await admin('POST', `/${realm}/clients`, wanted);
    client = await find();
  }
  if (client === undefined) throw new Error(`the client ${wanted.clientId} was made in realm ${realm}, but can't be found there`);
  const secret = await admin<{ value: string }>('GET', `/${realm}/clients/${client.id}/client-secret`);
  if (secret === undefined) throw new Error(`the client ${wanted.clientId} in realm ${realm} has no secret`);
  return { id: client.id, secret: secret.value };
}

/** Undefined where the given credentials may not make it. */
async function ensureProvisioner(admin: KeycloakAdmin, secret: string): Promise<OwnedClient | undefined> {
  try {
    const client = await ensureClient(admin, 'master', serviceAccount(PROVISIONER, secret));
    const account = await admin<{ id: string }>('GET', `/master/clients/${client.id}/service-account-user`);
    const role = await admin('GET', '/master/roles/create-realm');
    if (account === undefined || role === undefined) throw new Error(`the client ${PROVISIONER} in realm master has no service account, or the role create-realm is missing`);
    await admin('POST', `/master/users/${account.id}/role-mappings/realm`, [role]);
    return { clientId: PROVISIONER, clientSecret: client.secret };
  } catch (error) {
    if (error instanceof KeycloakError && error.status === 403) return undefined;
    throw error;
  }
}
