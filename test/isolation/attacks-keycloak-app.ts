import type { Attack } from './attack';
import { app, at, other, own } from './keycloak-rows';

const REALM_PARTS = [
  'users',
  'clients',
  'roles',
  'groups',
  'keys',
  'events',
  'components',
  'client-scopes',
  'identity-provider/instances',
];

/** The application's client is for logging users in: it administers nothing, not even its own realm. */
export const AS_APP: readonly Attack[] = [
  ...['users', 'clients', 'keys'].map((part) => app(`list the ${part} of the other realm`, 'GET', other(`/${part}`))),
  app('read the settings of the other realm', 'GET', other()),
  app('make a user in the other realm', 'POST', other('/users'), () => ({ username: 'intruder', enabled: true })),
  app('disable the other realm', 'PUT', other(), () => ({ enabled: false })),
  app('delete the other realm', 'DELETE', other()),
  app('list the users of `master`', 'GET', at('/admin/realms/master/users')),
  app('list the clients of `freeflow-system`', 'GET', at('/admin/realms/freeflow-system/clients')),
  app('list the realms', 'GET', at('/admin/realms')),
  app('make a realm', 'POST', at('/admin/realms'), () => ({ realm: 'freeflow-attack' })),
  app('read about the server', 'GET', at('/admin/serverinfo')),
  ...REALM_PARTS.map((part) => app(`list the ${part} of its own realm`, 'GET', own(`/${part}`))),
  app('read the settings of its own realm', 'GET', own()),
  app('disable its own realm', 'PUT', own(), () => ({ enabled: false })),
  app('delete its own realm', 'DELETE', own()),
  app('export its own realm', 'POST', own('/partial-export?exportClients=true')),
  app('make a user in its own realm', 'POST', own('/users'), () => ({ username: 'intruder', enabled: true })),
  app('make a client in its own realm', 'POST', own('/clients'), () => ({ clientId: 'intruder' })),
  app(
    'become realm-admin',
    'POST',
    (by) =>
      `/admin/realms/${by.realm}/users/${by.ids.admin}/role-mappings/clients/${by.ids.client('realm-management')}`,
    (by) => [by.ids.role('realm-admin')],
  ),
  app(
    "use its token at the other realm's userinfo",
    'GET',
    (_, on) => `/realms/${on.realm}/protocol/openid-connect/userinfo`,
    undefined,
    '401',
  ),
  app(
    'use its token at userinfo of `master`',
    'GET',
    at('/realms/master/protocol/openid-connect/userinfo'),
    undefined,
    '401',
  ),
  app(
    "use its token at the other realm's account",
    'GET',
    (_, on) => `/realms/${on.realm}/account/applications`,
    undefined,
    '401',
  ),
  app(
    "read its own client at the other realm's registration",
    'GET',
    (_, on) => `/realms/${on.realm}/clients-registrations/default/freeflow-app`,
    undefined,
    '401',
  ),
];
