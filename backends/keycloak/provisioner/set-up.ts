import { reasonOf } from '../../provisioner/errors';
import type { Outcome, Password } from '../../provisioner/outcome';
import { type Account, connectKeycloak, type KeycloakAdmin, keycloakProblem } from './admin';
import { ensureServiceAccount } from './service-account';

const REALM = 'master';
const ROLE = 'create-realm';
/** What every account of the realm has. */
const DEFAULT_ROLE = `default-roles-${REALM}`;
/** Its roles are rights over the realm master itself. Those over other realms come with making them. */
const OWN_CLIENT = `${REALM}-realm`;

export interface KeycloakSetUp {
  /** One that administers the realm master. */
  owner: Account;
  name: string;
  password: Password;
}

/**
 * Tokens that name no roles. With them a token grows by every realm the provisioner has made: at 115 realms it was 65 KB, and
 * Keycloak answers 431 to every call that carries it. Keycloak looks the roles up by itself.
 */
const SMALL_TOKENS = { 'client.use.lightweight.access.token.enabled': 'true' };

interface Role {
  id: string;
  name: string;
}
interface Scope {
  id: string;
  name: string;
}
interface Mappings {
  realmMappings?: Role[];
  clientMappings?: Record<string, { id: string; mappings: Role[] }>;
}

/**
 * Makes the provisioner, a service account which may create realms and nothing else, or mends what was changed about it.
 * Keycloak gives it the rights over each realm it makes.
 * @throws SetUpError
 */
export async function setUpKeycloak({ owner, name, password }: KeycloakSetUp): Promise<Outcome & { password: string }> {
  try {
    const admin = await connectKeycloak(owner);
    const { id, secret, did } = await ensureServiceAccount(admin, REALM, name, password, { attributes: SMALL_TOKENS });
    const account = await admin<{ id: string }>('GET', `/${REALM}/clients/${id}/service-account-user`);
    if (account === undefined) throw new Error(`the client ${name} in realm ${REALM} has no service account`);
    return {
      did: [
        ...did,
        ...(await mendTokens(admin, name, id)),
        ...(await mendScopes(admin, name, id)),
        ...(await mendRoles(admin, name, account.id)),
      ],
      warnings: await refusals({ ...owner, clientId: name, clientSecret: secret }),
      password: secret,
    };
  } catch (error) {
    throw keycloakProblem(error);
  }
}

async function mendTokens(admin: KeycloakAdmin, name: string, id: string): Promise<string[]> {
  const client = (await admin<{ attributes?: Record<string, string> }>('GET', `/${REALM}/clients/${id}`)) ?? {};
  if (Object.entries(SMALL_TOKENS).every(([key, value]) => client.attributes?.[key] === value)) return [];
  await admin('PUT', `/${REALM}/clients/${id}`, { ...client, attributes: { ...client.attributes, ...SMALL_TOKENS } });
  return [`client ${name} gets tokens without roles`];
}

/** Its tokens name its account by this one; the worker tells servers apart by that. */
const SCOPE = 'basic';

async function mendScopes(admin: KeycloakAdmin, name: string, id: string): Promise<string[]> {
  const has = (await admin<Scope[]>('GET', `/${REALM}/clients/${id}/default-client-scopes`)) ?? [];
  const scope = ((await admin<Scope[]>('GET', `/${REALM}/client-scopes`)) ?? []).find((it) => it.name === SCOPE);
  // Before version 25 there was none, and tokens named their account anyway.
  if (scope === undefined || has.some((it) => it.name === SCOPE)) return [];
  await admin('PUT', `/${REALM}/clients/${id}/default-client-scopes/${scope.id}`);
  return [`client ${name} has again the client scope ${SCOPE}`];
}

async function mendRoles(admin: KeycloakAdmin, name: string, user: string): Promise<string[]> {
  const path = `/${REALM}/users/${user}/role-mappings`;
  const { realmMappings: has = [], clientMappings: ofClients = {} } = (await admin<Mappings>('GET', path)) ?? {};
  const lacks = !has.some((it) => it.name === ROLE);
  if (lacks) await admin('POST', `${path}/realm`, [await admin('GET', `/${REALM}/roles/${ROLE}`)]);
  const others = has.filter((it) => it.name !== ROLE && it.name !== DEFAULT_ROLE);
  if (others.length > 0) await admin('DELETE', `${path}/realm`, others);
  const own = ofClients[OWN_CLIENT];
  if (own !== undefined) await admin('DELETE', `${path}/clients/${own.id}`, own.mappings);
  return [
    ...(lacks ? [`client ${name} may create realms (${ROLE})`] : []),
    ...[...others, ...(own?.mappings ?? [])].map((it) => `client ${name} has no longer the role ${it.name}`),
  ];
}

/** Seen by logging in. */
const refusals = (account: Account): Promise<string[]> =>
  connectKeycloak(account).then(
    () => [],
    (error: unknown) => [`client ${account.clientId} can't log in: ${reasonOf(error)}`],
  );
