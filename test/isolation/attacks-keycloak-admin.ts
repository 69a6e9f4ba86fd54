import type { Attack } from './attack';
import type { KeycloakReach } from './keycloak-reach';
import { admin, at, other, own } from './keycloak-rows';

const OTHER_PARTS = ['users', 'clients', 'roles', 'groups', 'keys', 'events', 'components'];
const rolesOfAdmin = (by: KeycloakReach) =>
  `/admin/realms/${by.realm}/users/${by.ids.admin}/role-mappings/clients/${by.ids.client('realm-management')}`;

/** The first admin manages users and clients of its own realm; the realm itself belongs to the platform. */
export const AS_ADMIN: readonly Attack[] = [
  admin('read the settings of the other realm', 'GET', other()),
  ...OTHER_PARTS.map((part) => admin(`list the ${part} of the other realm`, 'GET', other(`/${part}`))),
  admin('make a user in the other realm', 'POST', other('/users'), () => ({ username: 'intruder', enabled: true })),
  admin('make a client in the other realm', 'POST', other('/clients'), () => ({ clientId: 'intruder' })),
  admin('rename the other realm', 'PUT', other(), (_, on) => ({ realm: `${on.realm}-stolen` })),
  admin('disable the other realm', 'PUT', other(), () => ({ enabled: false })),
  admin('delete the other realm', 'DELETE', other()),
  admin('export the other realm', 'POST', other('/partial-export?exportClients=true')),
  admin('log everybody out of the other realm', 'POST', other('/logout-all')),
  admin('read the settings of `master`', 'GET', at('/admin/realms/master')),
  admin('list the users of `master`', 'GET', at('/admin/realms/master/users')),
  admin('make a user in `master`', 'POST', at('/admin/realms/master/users'), () => ({
    username: 'intruder',
    enabled: true,
  })),
  admin('list the clients of `freeflow-system`', 'GET', at('/admin/realms/freeflow-system/clients')),
  admin('make a realm, as of a tenant to come', 'POST', at('/admin/realms'), () => ({ realm: 'freeflow-attack' })),
  admin("open the other's console", 'GET', (_, on) => `/admin/${on.realm}/console/whoami`, undefined, '401'),
  admin('open the console of `master`', 'GET', at('/admin/master/console/whoami'), undefined, '401'),
  admin('change a setting of its own realm', 'PUT', own(), () => ({ displayName: 'mine' })),
  admin('rename its own realm', 'PUT', own(), (by) => ({ realm: `${by.realm}-mine` })),
  admin('disable its own realm', 'PUT', own(), () => ({ enabled: false })),
  admin('change the id of its own realm, which is its nonce', 'PUT', own(), () => ({ id: 'mine' })),
  admin('change the tenant that its own realm names', 'PUT', own(), () => ({
    attributes: { 'freeflow.tenantId': 'mine' },
  })),
  admin('delete its own realm', 'DELETE', own()),
  admin('export its own realm', 'POST', own('/partial-export?exportClients=true&exportGroupsAndRoles=true')),
  admin('import into its own realm', 'POST', own('/partialImport'), () => ({ users: [], ifResourceExists: 'SKIP' })),
  admin('add a key to its own realm', 'POST', own('/components'), () => ({
    name: 'mine',
    providerId: 'rsa-generated',
    providerType: 'org.keycloak.keys.KeyProvider',
  })),
  admin('add an identity provider to its own realm', 'POST', own('/identity-provider/instances'), () => ({
    alias: 'mine',
    providerId: 'oidc',
  })),
  admin('change the policies for clients of its own realm', 'PUT', own('/client-policies/policies'), () => ({
    policies: [],
  })),
  admin('delete the events of its own realm', 'DELETE', own('/events')),
  admin('send mail through a server it names', 'POST', own('/testSMTPConnection'), () => ({ host: '127.0.0.1' })),
  admin(
    'become another user of its own realm',
    'POST',
    (by) => `/admin/realms/${by.realm}/users/${by.ids.admin}/impersonation`,
    () => ({}),
  ),
  ...['manage-realm', 'realm-admin', 'impersonation', 'manage-identity-providers', 'manage-events'].map((role) =>
    admin(`grant itself ${role}`, 'POST', rolesOfAdmin, (by) => [by.ids.role(role)]),
  ),
  ...['manage-realm', 'realm-admin'].flatMap((role) => [
    admin(
      `put ${role} into a role it holds`,
      'POST',
      (by) => `/admin/realms/${by.realm}/roles-by-id/${by.ids.role('query-users').id}/composites`,
      (by) => [by.ids.role(role)],
    ),
    admin(
      `rename ${role}, so that another can take its name`,
      'PUT',
      (by) => `/admin/realms/${by.realm}/roles-by-id/${by.ids.role(role).id}`,
      (by) => ({ ...by.ids.role(role), name: `was-${role}` }),
    ),
    admin(
      `give a role it holds the name ${role}`,
      'PUT',
      (by) => `/admin/realms/${by.realm}/roles-by-id/${by.ids.role('query-groups').id}`,
      (by) => ({ ...by.ids.role('query-groups'), name: role }),
    ),
    admin(
      `make a role of its application that holds ${role}`,
      'POST',
      (by) => `/admin/realms/${by.realm}/clients/${by.ids.client('freeflow-app')}/roles`,
      () => ({ name: 'mine', composite: true, composites: { client: { 'realm-management': [role] } } }),
    ),
  ]),
  admin(
    'delete the client realm-management',
    'DELETE',
    (by) => `/admin/realms/${by.realm}/clients/${by.ids.client('realm-management')}`,
  ),
  admin(
    'rename the client realm-management',
    'PUT',
    (by) => `/admin/realms/${by.realm}/clients/${by.ids.client('realm-management')}`,
    () => ({ clientId: 'mine' }),
  ),
];
