import { randomBytes } from 'node:crypto';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { ask, json, type Ask, type HttpAnswer } from './http';
import { logInToConsole, type LoggedIn } from './keycloak-login';

/** A tenant at Keycloak: its application's client, and its first admin, who has just signed in. */
export interface KeycloakReach {
  url: string;
  realm: string;
  clientSecret: string;
  /** What the first admin's password is after the first login. */
  adminPassword: string;
  admin: LoggedIn;
  /** The admin's id and the ids of clients and roles in its own realm, as it sees them. */
  ids: Ids;
  appToken: string;
  /** One call with a token: the application's, the admin's, or any. */
  call(token: string, method: string, path: string, body?: unknown): Promise<HttpAnswer>;
  /** One call to an OpenID Connect endpoint of some realm: its status, and the error's name where it is a 400. */
  form(realm: string, endpoint: string, fields: Record<string, string>): Promise<string>;
}

interface Ids {
  admin: string;
  client(clientId: string): string;
  /** The representation of a role of the client `realm-management`. */
  role(name: string): { id: string; name: string };
}

export async function reachKeycloak(
  { keycloak: { url } }: StackInfo,
  tenant: string,
  clientSecret: string,
  firstPassword: string,
): Promise<KeycloakReach> {
  const realm = `freeflow-${tenant}`;
  const adminPassword = randomBytes(18).toString('base64url');
  const call = (token: string, method: string, path: string, body?: unknown) =>
    ask(method, url + path, { headers: { authorization: `Bearer ${token}`, accept: 'application/json' }, body });
  const post = (name: string, endpoint: string, form: Record<string, string>) =>
    ask('POST', `${url}/realms/${name}/protocol/openid-connect/${endpoint}`, { form } satisfies Ask);
  const appToken = json<{ access_token: string }>(
    await post(realm, 'token', {
      grant_type: 'client_credentials',
      client_id: 'freeflow-app',
      client_secret: clientSecret,
    }),
  ).access_token;
  const admin = await logInToConsole(url, realm, {
    username: 'admin',
    password: firstPassword,
    newPassword: adminPassword,
  });
  // Where no new password was requested, the first one still holds.
  const passwordNow = admin.asked.includes('new password') ? adminPassword : firstPassword;
  return {
    url,
    realm,
    clientSecret,
    admin,
    appToken,
    call,
    adminPassword: passwordNow,
    ids: await idsOf(realm, (path) => call(admin.accessToken, 'GET', path)),
    form: async (...args) => {
      const { status, text } = await post(...args);
      return status === 400 ? `400 ${(JSON.parse(text) as { error: string }).error}` : String(status);
    },
  };
}

async function idsOf(realm: string, get: (path: string) => Promise<HttpAnswer>): Promise<Ids> {
  const own = `/admin/realms/${realm}`;
  const [admin] = json<{ id: string }[]>(await get(`${own}/users?username=admin&exact=true`));
  const clients = json<{ id: string; clientId: string }[]>(await get(`${own}/clients`));
  const client = (clientId: string) =>
    found(
      clients.find((it) => it.clientId === clientId),
      `client ${clientId}`,
    ).id;
  const roles = json<{ id: string; name: string }[]>(await get(`${own}/clients/${client('realm-management')}/roles`));
  return {
    admin: found(admin, 'the first admin').id,
    client,
    role: (name) =>
      found(
        roles.find((it) => it.name === name),
        `role ${name}`,
      ),
  };
}

function found<T>(thing: T | undefined, what: string): T {
  if (thing === undefined) throw new Error(`${what} is not to be seen`);
  return thing;
}
