import type { Attack } from './attack';
import { ask, json } from './http';
import { consoleLogin } from './keycloak-login';
import type { KeycloakReach } from './keycloak-reach';

const form = (
  what: string,
  as: string,
  realm: (by: KeycloakReach, on: KeycloakReach) => string,
  endpoint: string,
  fields: (by: KeycloakReach, on: KeycloakReach) => Record<string, string>,
  answer: string,
): Attack => ({
  what,
  as,
  answer,
  run: ({ keycloak: by }, { keycloak: on }) => by.form(realm(by, on), endpoint, fields(by, on)),
});

const other = (_: KeycloakReach, on: KeycloakReach) => on.realm;
const own = (by: KeycloakReach) => by.realm;
const at = (realm: string) => () => realm;
const client = (clientId: string) => (by: KeycloakReach) => ({
  grant_type: 'client_credentials',
  client_id: clientId,
  client_secret: by.clientSecret,
});
const password = (by: KeycloakReach) => ({
  grant_type: 'password',
  client_id: 'admin-cli',
  username: 'admin',
  password: by.adminPassword,
});
const refresh = (by: KeycloakReach) => ({
  grant_type: 'refresh_token',
  client_id: 'security-admin-console',
  refresh_token: by.admin.refreshToken,
});

const SECRET = "its client's secret";
const PASSWORD = "its first admin's password";
const REFRESH = "its first admin's refresh token";

/** What the platform asks for in a token, written into tokens of its own realm. */
const AS_OPERATOR = [
  {
    name: 'permissions',
    protocol: 'openid-connect',
    protocolMapper: 'oidc-hardcoded-claim-mapper',
    config: {
      'claim.name': 'permissions',
      'claim.value': '["system:*"]',
      'jsonType.label': 'JSON',
      'access.token.claim': 'true',
    },
  },
  {
    name: 'audience',
    protocol: 'openid-connect',
    protocolMapper: 'oidc-audience-mapper',
    config: { 'included.custom.audience': 'freeflow-api', 'access.token.claim': 'true' },
  },
];

const platform = (what: string, method: string, path: (on: string) => string): Attack => ({
  what: `${what} at the platform's API`,
  as: "its application's client",
  answer: '401',
  run: async (by, on) =>
    String(
      (await ask(method, by.apiUrl + path(on.id), { headers: { authorization: `Bearer ${by.keycloak.appToken}` } }))
        .status,
    ),
});

/** The same logins where they belong. */
export const AT_HOME: readonly Attack[] = [
  form('log in to its own realm', SECRET, own, 'token', client('freeflow-app'), '200'),
  form('log in to its own realm', PASSWORD, own, 'token', password, '200'),
  form('get a token of its own realm', REFRESH, own, 'token', refresh, '200'),
];

/** Own credentials at other realms' doors, and at the platform's. */
export const ELSEWHERE: readonly Attack[] = [
  form("log in as the other's client", SECRET, other, 'token', client('freeflow-app'), '401'),
  form('log in to `master` as the provisioner', SECRET, at('master'), 'token', client('freeflow-provisioner'), '401'),
  form(
    'log in to `freeflow-system` as the operator',
    SECRET,
    at('freeflow-system'),
    'token',
    client('freeflow-operator'),
    '401',
  ),
  form(
    "look into its own token at the other's realm",
    SECRET,
    other,
    'token/introspect',
    (by) => ({ client_id: 'freeflow-app', client_secret: by.clientSecret, token: by.appToken }),
    '401',
  ),
  form("log in as the other's first admin", PASSWORD, other, 'token', password, '400 invalid_grant'),
  form('log in to `master` as its admin', PASSWORD, at('master'), 'token', password, '400 invalid_grant'),
  form("get a token of the other's realm", REFRESH, other, 'token', refresh, '400 invalid_grant'),
  form('get a token of `master`', REFRESH, at('master'), 'token', refresh, '400 invalid_grant'),
  {
    what: "come into the other's console without a password",
    as: "its first admin's browser session",
    answer: 'a password is asked for',
    run: async ({ keycloak: by }, { keycloak: on }) => {
      const { text } = await ask('GET', consoleLogin(by.url, on.realm, 'x'.repeat(43)).page, {
        headers: { cookie: by.admin.cookie },
      });
      return text.includes('name="password"') ? 'a password is asked for' : 'none is';
    },
  },
  {
    what: "register a client in the other's realm",
    as: 'nobody',
    answer: '403',
    run: async ({ keycloak: by }, { keycloak: on }) =>
      String(
        (
          await ask('POST', `${by.url}/realms/${on.realm}/clients-registrations/openid-connect`, {
            body: { redirect_uris: ['http://attack.test'] },
          })
        ).status,
      ),
  },
  platform('list the tenants', 'GET', () => '/tenants'),
  platform('delete the other', 'DELETE', (id) => `/tenants/${id}?mode=hard&force=true`),
  {
    what: "list the tenants at the platform's API, with `system:*` written into its token by a mapper of its own",
    as: 'its first admin',
    answer: '401',
    run: async ({ apiUrl, keycloak: by }) => {
      const asAdmin = (method: string, path: string, body?: unknown) =>
        by.call(by.admin.accessToken, method, path, body);
      const made = await asAdmin('POST', `/admin/realms/${by.realm}/clients`, {
        clientId: 'pretender',
        secret: by.clientSecret,
        serviceAccountsEnabled: true,
        protocolMappers: AS_OPERATOR,
      });
      const login = await ask('POST', `${by.url}/realms/${by.realm}/protocol/openid-connect/token`, {
        form: client('pretender')(by),
      });
      await asAdmin('DELETE', new URL(made.headers.get('location') ?? '').pathname);
      const token = json<{ access_token: string }>(login).access_token;
      return String((await ask('GET', `${apiUrl}/tenants`, { headers: { authorization: `Bearer ${token}` } })).status);
    },
  },
];
