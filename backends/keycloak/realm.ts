import { UUID_NAMESPACE } from '@freeflow/contract';
import { v5 as uuidV5 } from 'uuid';
import type { Blank, Secrets, Target } from '../backend';
import { laterLogins, loginOf } from '../logins-in-turn';
import { limitSettings } from './limits';
import { keySettings, type RealmKeys } from './realm-keys';

/** The tenant application's own client, by the first version of its credential. */
export const APP_CLIENT = 'freeflow-app';
/**
 * The clients by which it logs in after a rotation, in turn: three, so that the one before, the present and the next
 * one are never the same.
 */
export const LOGIN_CLIENTS = laterLogins(`${APP_CLIENT}-`);
/** The client of a version of the credential. */
export const appClientOf = (credential = 1): string => loginOf(credential, APP_CLIENT, LOGIN_CLIENTS);
/** The tenant's first administrator: manages users and clients, never the realm itself. */
export const ADMIN_USER = 'admin';

// Everything short of manage-realm, with which the tenant could rename, disable or export the realm.
const ADMIN_ROLES = [
  'manage-users',
  'view-users',
  'query-users',
  'query-groups',
  'view-realm',
  'view-events',
  'manage-clients',
  'view-clients',
  'query-clients',
];

/** The tenant application's client: logs in by its secret, as itself or for a user. */
export function clientRepresentation(
  { tenantName, credential }: Pick<Target, 'tenantName' | 'credential'>,
  secrets: Secrets,
) {
  return {
    clientId: appClientOf(credential),
    name: `${tenantName} application`,
    secret: secrets['client-secret'] ?? '',
    protocol: 'openid-connect',
    publicClient: false,
    standardFlowEnabled: true,
    directAccessGrantsEnabled: false,
    serviceAccountsEnabled: true,
  };
}

/** What all realms of ours have in common. */
const SETTINGS = { sslRequired: 'external', registrationAllowed: false, bruteForceProtected: true };

const ROLES = {
  realm: [
    { name: 'tenant-admin', description: 'Administers this tenant' },
    { name: 'tenant-user', description: 'Uses this tenant' },
  ],
};

/** The attribute that names the tenant. */
export const TENANT_ID = 'freeflow.tenantId';

/** What only the realm of a tenant has, whichever way it was made. */
export const tenantSettings = ({ name, tenantId, tenantName }: Pick<Target, 'name' | 'tenantId' | 'tenantName'>) => ({
  realm: name,
  displayName: tenantName,
  enabled: true,
  attributes: { [TENANT_ID]: tenantId },
});

/** The role that every account of a realm has, as Keycloak itself would call it. */
export const defaultRoleOf = (realm: string): string => `default-roles-${realm}`;

const adminUser = (realm: string) => ({
  username: ADMIN_USER,
  enabled: true,
  // Where a whole realm is made in one call Keycloak doesn't look at `temporary`.
  requiredActions: ['UPDATE_PASSWORD'],
  realmRoles: ['tenant-admin', defaultRoleOf(realm)],
  clientRoles: { 'realm-management': ADMIN_ROLES },
});

/** The admin's first password, to be changed at the first login. */
export const adminCredential = (secrets: Secrets) => ({
  type: 'password',
  value: secrets['admin-password'] ?? '',
  temporary: true,
});

/** The whole realm in one call, so that it is there complete or not at all. */
export const realmRepresentation = (target: Target, secrets: Secrets, keys: RealmKeys) => ({
  id: target.nonce,
  ...SETTINGS,
  ...keySettings(keys),
  ...tenantSettings(target),
  ...limitSettings(target.plan),
  roles: ROLES,
  clients: [clientRepresentation(target, secrets)],
  users: [{ ...adminUser(target.name), credentials: [adminCredential(secrets)] }],
});

/** The ids of a blank realm's client and admin, by which they are found again without being looked up. */
export const partIds = (nonce: string) => ({
  client: uuidV5(`client/${nonce}`, UUID_NAMESPACE),
  admin: uuidV5(`admin/${nonce}`, UUID_NAMESPACE),
});

/** The id of the client of a later version: by it one that the tenant has made under that name is told from ours. */
export const loginClientId = (nonce: string, version: number): string =>
  uuidV5(`client/${version}/${nonce}`, UUID_NAMESPACE);

/**
 * A realm of no tenant, with all that takes time to make. It is disabled, its client has a secret that nobody keeps,
 * its admin no password: until it is claimed nobody logs in to it, and its keys have signed nothing.
 */
export function blankRepresentation(
  { name, nonce }: Pick<Blank, 'name' | 'nonce'>,
  clientSecret: string,
  keys: RealmKeys,
) {
  const ids = partIds(nonce);
  const client = clientRepresentation({ tenantName: '' }, { 'client-secret': clientSecret });
  return {
    id: nonce,
    realm: name,
    enabled: false,
    ...SETTINGS,
    ...keySettings(keys),
    roles: ROLES,
    clients: [{ ...client, id: ids.client }],
    users: [{ ...adminUser(name), id: ids.admin }],
  };
}
