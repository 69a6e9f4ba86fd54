import type { Secrets, Target } from '../backend';

/** The tenant application's own client. */
export const APP_CLIENT = 'freeflow-app';
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
export function clientRepresentation({ tenantName }: Pick<Target, 'tenantName'>, secrets: Secrets) {
  return {
    clientId: APP_CLIENT,
    name: `${tenantName} application`,
    secret: secrets['client-secret'] ?? '',
    protocol: 'openid-connect',
    publicClient: false,
    standardFlowEnabled: true,
    directAccessGrantsEnabled: false,
    serviceAccountsEnabled: true,
  };
}

/** The whole realm in one call, so that it is there complete or not at all. */
export function realmRepresentation({ name, nonce, tenantId, tenantName }: Target, secrets: Secrets) {
  return {
    id: nonce,
    realm: name,
    displayName: tenantName,
    enabled: true,
    sslRequired: 'external',
    registrationAllowed: false,
    bruteForceProtected: true,
    attributes: { 'freeflow.tenantId': tenantId },
    roles: {
      realm: [
        { name: 'tenant-admin', description: 'Administers this tenant' },
        { name: 'tenant-user', description: 'Uses this tenant' },
      ],
    },
    clients: [clientRepresentation({ tenantName }, secrets)],
    users: [
      {
        username: ADMIN_USER,
        enabled: true,
        credentials: [{ type: 'password', value: secrets['admin-password'] ?? '', temporary: true }],
        // Where a whole realm is made in one call Keycloak doesn't look at `temporary`.
        requiredActions: ['UPDATE_PASSWORD'],
        realmRoles: ['tenant-admin', `default-roles-${name}`],
        clientRoles: { 'realm-management': ADMIN_ROLES },
      },
    ],
  };
}
