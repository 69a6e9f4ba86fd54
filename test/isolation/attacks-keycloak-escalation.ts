import type { Attack } from './attack';
import { ask, json } from './http';
import type { KeycloakReach } from './keycloak-reach';

/** Something the first admin may make in its own realm, removed again whatever comes of the attempt with it. */
async function withOwn(
  by: KeycloakReach,
  kind: 'users' | 'groups' | 'clients',
  content: unknown,
  attempt: (path: string) => Promise<string>,
): Promise<string> {
  const made = await asAdmin(by, 'POST', `/admin/realms/${by.realm}/${kind}`, content);
  const path = new URL(made.headers.get('location') ?? '').pathname;
  try {
    return await attempt(path);
  } finally {
    await asAdmin(by, 'DELETE', path);
  }
}

const asAdmin = (by: KeycloakReach, method: string, path: string, body?: unknown) =>
  by.call(by.admin.accessToken, method, path, body);
const rolesBelow = (by: KeycloakReach, path: string) =>
  `${path}/role-mappings/clients/${by.ids.client('realm-management')}`;
const changeOwnRealm = async (by: KeycloakReach, token: string) =>
  String((await by.call(token, 'PUT', `/admin/realms/${by.realm}`, { displayName: 'mine' })).status);

const escalation = (what: string, attempt: (by: KeycloakReach) => Promise<string>): Attack => ({
  what,
  as: 'its first admin',
  answer: '403',
  run: ({ keycloak }) => attempt(keycloak),
});

const SECRET = 'of-the-robot';
const ROBOT = {
  clientId: 'robot',
  secret: SECRET,
  publicClient: false,
  serviceAccountsEnabled: true,
  fullScopeAllowed: true,
};
const ALL_ROLES = {
  name: 'all',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-hardcoded-role-mapper',
  config: { role: 'realm-management.realm-admin' },
};
const MASTERS_ROLES = {
  name: 'masters',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-hardcoded-claim-mapper',
  config: {
    'claim.name': 'realm_access.roles',
    'claim.value': '["admin","create-realm"]',
    'jsonType.label': 'JSON',
    'access.token.claim': 'true',
  },
};

async function robotToken({ url, realm }: KeycloakReach): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: ROBOT.clientId, client_secret: SECRET };
  return json<{ access_token: string }>(
    await ask('POST', `${url}/realms/${realm}/protocol/openid-connect/token`, { form }),
  ).access_token;
}

/** Detours to the rights over its own realm, by what a manager of users and clients can make. */
export const ESCALATIONS: readonly Attack[] = [
  escalation('give a user of its own manage-realm', (by) =>
    withOwn(
      by,
      'users',
      { username: 'puppet', enabled: true, clientRoles: { 'realm-management': ['manage-realm'] } },
      async (path) => String((await asAdmin(by, 'POST', rolesBelow(by, path), [by.ids.role('manage-realm')])).status),
    ),
  ),
  escalation('give a group of its own realm-admin', (by) =>
    withOwn(by, 'groups', { name: 'puppets' }, async (path) =>
      String((await asAdmin(by, 'POST', rolesBelow(by, path), [by.ids.role('realm-admin')])).status),
    ),
  ),
  escalation("give a new client's service account manage-realm", (by) =>
    withOwn(by, 'clients', ROBOT, async (path) => {
      const account = json<{ id: string }>(await asAdmin(by, 'GET', `${path}/service-account-user`));
      return String(
        (
          await asAdmin(by, 'POST', rolesBelow(by, `/admin/realms/${by.realm}/users/${account.id}`), [
            by.ids.role('manage-realm'),
          ])
        ).status,
      );
    }),
  ),
  escalation('change its own realm by a client whose mapper puts realm-admin into its tokens', (by) =>
    withOwn(by, 'clients', { ...ROBOT, protocolMappers: [ALL_ROLES] }, async () =>
      changeOwnRealm(by, await robotToken(by)),
    ),
  ),
  escalation('change its own realm by a client whose mapper writes the roles of `master` into its tokens', (by) =>
    withOwn(by, 'clients', { ...ROBOT, protocolMappers: [MASTERS_ROLES] }, async () =>
      changeOwnRealm(by, await robotToken(by)),
    ),
  ),
  escalation('change its own realm by a client with manage-realm in its scope', (by) =>
    withOwn(by, 'clients', { ...ROBOT, fullScopeAllowed: false }, async (path) => {
      await asAdmin(by, 'POST', `${path}/scope-mappings/clients/${by.ids.client('realm-management')}`, [
        by.ids.role('manage-realm'),
      ]);
      return changeOwnRealm(by, await robotToken(by));
    }),
  ),
];
