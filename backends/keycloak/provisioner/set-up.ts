import type KeycloakAdminClient from '@keycloak/keycloak-admin-client';
import { reasonOf } from '../../provisioner/errors';
import type { Outcome, Password } from '../../provisioner/outcome';
import { type Account, connectKeycloak, keycloakProblem, statusOf } from './admin';
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
 * Tokens that name no roles. With them a token grows by every realm the provisioner has made: at 115 realms it was 65
 * KB, and Keycloak answers 431 to every call that carries it. Keycloak looks the roles up by itself.
 */
const SMALL_TOKENS = { 'client.use.lightweight.access.token.enabled': 'true' };

interface Role {
  id: string;
  name: string;
}

/** The roles of an account at one client. */
interface ClientRoles {
  id: string;
  mappings: Role[];
}

/**
 * Makes the provisioner, a service account which may create realms and nothing else, or repairs what was changed about
 * it. Keycloak gives it the rights over each realm it makes.
 * @throws SetUpError
 */
export async function setUpKeycloak({ owner, name, password }: KeycloakSetUp): Promise<Outcome & { password: string }> {
  try {
    const admin = await connectKeycloak(owner);
    const { id, secret, did } = await ensureServiceAccount(admin, REALM, name, password, { attributes: SMALL_TOKENS });
    const account = await serviceAccountOf(admin, id);
    if (account === undefined) throw new Error(`the client ${name} in realm ${REALM} has no service account`);
    return {
      did: [
        ...did,
        ...(await repairTokens(admin, name, id)),
        ...(await repairScopes(admin, name, id)),
        ...(await repairRoles(admin, name, account)),
      ],
      warnings: await refusals({ ...owner, clientId: name, clientSecret: secret }),
      password: secret,
    };
  } catch (error) {
    throw keycloakProblem(error);
  }
}

async function repairTokens({ clients }: KeycloakAdminClient, name: string, id: string): Promise<string[]> {
  const client = (await clients.findOne({ realm: REALM, id })) ?? {};
  if (Object.entries(SMALL_TOKENS).every(([key, value]) => client.attributes?.[key] === value)) return [];
  await clients.update({ realm: REALM, id }, { ...client, attributes: { ...client.attributes, ...SMALL_TOKENS } });
  return [`client ${name} gets tokens without roles`];
}

/** Its tokens name its account by this one; the worker tells servers apart by that. */
const SCOPE = 'basic';

async function repairScopes(
  { clients, clientScopes }: KeycloakAdminClient,
  name: string,
  id: string,
): Promise<string[]> {
  const has = await clients.listDefaultClientScopes({ realm: REALM, id });
  const scope = (await clientScopes.find({ realm: REALM })).find((it) => it.name === SCOPE);
  // Before version 25 there was none, and tokens named their account anyway.
  if (scope?.id === undefined || has.some((it) => it.name === SCOPE)) return [];
  await clients.addDefaultClientScope({ realm: REALM, id, clientScopeId: scope.id });
  return [`client ${name} has again the client scope ${SCOPE}`];
}

async function repairRoles({ users, roles }: KeycloakAdminClient, name: string, user: string): Promise<string[]> {
  const account = { realm: REALM, id: user };
  const { realmMappings = [], clientMappings } = await users.listRoleMappings(account);
  const has = toRoles(realmMappings);
  const lacks = !has.some((it) => it.name === ROLE);
  if (lacks) {
    const role = await roles.findOneByName({ realm: REALM, name: ROLE });
    const found = toRoles([role ?? {}]);
    if (found.length === 0)
      throw new Error(`Realm ${REALM} has no role ${ROLE}: it was deleted, or is of another name there.`);
    await users.addRealmRoleMappings({ ...account, roles: found });
  }
  const others = has.filter((it) => it.name !== ROLE && it.name !== DEFAULT_ROLE);
  if (others.length > 0) await users.delRealmRoleMappings({ ...account, roles: others });
  const own: ClientRoles | undefined = clientMappings?.[OWN_CLIENT];
  if (own !== undefined) await users.delClientRoleMappings({ ...account, clientUniqueId: own.id, roles: own.mappings });
  return [
    ...(lacks ? [`client ${name} may create realms (${ROLE})`] : []),
    ...[...others, ...(own?.mappings ?? [])].map((it) => `client ${name} has no longer the role ${it.name}`),
  ];
}

/** Roles as a mapping names them. */
const toRoles = (found: readonly Partial<Role>[]): Role[] =>
  found.flatMap(({ id, name }) => (id === undefined || name === undefined ? [] : [{ id, name }]));

/** The user as whom a client logs in. */
const serviceAccountOf = async ({ clients }: KeycloakAdminClient, id: string): Promise<string | undefined> => {
  try {
    return (await clients.getServiceAccountUser({ realm: REALM, id })).id;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
};

/** Seen by logging in. */
const refusals = (account: Account): Promise<string[]> =>
  connectKeycloak(account).then(
    () => [],
    (error: unknown) => [`client ${account.clientId} can't log in: ${reasonOf(error)}`],
  );
