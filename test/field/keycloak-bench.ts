import type { ActivityHarness } from '../support/activity-harness';
import { asKeycloakAdmin } from '../support/outside';
import { secretsOf } from './bench';

type Tenant = Awaited<ReturnType<ActivityHarness['newTenant']>>;

/** A tenant's realm as the owner of the server sees it. */
export interface Realm {
  name: string;
  /** A call below the realm; throws unless it succeeds. */
  call: <T = unknown>(method: string, path: string, body?: unknown) => Promise<T>;
  /** Changes what is named of the realm, and keeps the rest. */
  change: (settings: Record<string, unknown>) => Promise<void>;
  /** What a login of the tenant's application is answered. */
  logIn: () => Promise<number>;
  /** The tenant's client as it is now. */
  client: () => Promise<Client>;
  changeClient: (changes: Partial<Client>) => Promise<void>;
}

type Client = Record<string, unknown> & { id: string; secret?: string; attributes?: Record<string, string> };

export function realmOf(harness: ActivityHarness, tenant: Tenant): Realm {
  const name = `freeflow-${tenant.name}`;
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await asKeycloakAdmin(harness.info, method, `/admin/realms/${name}${path}`, body);
    if (answer.status >= 300)
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  };
  const client = async () => {
    const [found] = await call<Client[]>('GET', '/clients?clientId=freeflow-app');
    if (found === undefined) throw new Error('there is no client freeflow-app');
    return found;
  };
  return {
    name,
    call,
    change: async (settings) => call('PUT', '', { ...(await call<object>('GET', '')), ...settings }),
    logIn: async () => {
      const { 'client-secret': secret = '' } = await secretsOf(harness, tenant, 'keycloak');
      return (
        await fetch(`${harness.info.keycloak.url}/realms/${name}/protocol/openid-connect/token`, {
          method: 'POST',
          body: new URLSearchParams({
            grant_type: 'client_credentials',
            client_id: 'freeflow-app',
            client_secret: secret,
          }),
        })
      ).status;
    },
    client,
    changeClient: async (changes) => {
      const before = await client();
      await call('PUT', `/clients/${before.id}`, { ...before, ...changes });
    },
  };
}

/** Everything of a realm that its owner can read, secrets and keys included. */
export async function wholeRealm({ call }: Realm): Promise<unknown> {
  const paths = [
    '',
    '/keys',
    '/components',
    '/events/config',
    '/authentication/required-actions',
    '/authentication/flows',
    '/localization',
    '/localization/de',
    '/client-policies/policies',
    '/client-policies/profiles',
    '/users/profile',
    '/default-groups',
    '/client-scopes',
    '/default-default-client-scopes',
    '/identity-provider/instances',
    '/users',
    '/clients',
    '/groups',
    '/roles',
  ];
  const parts = await Promise.all(paths.map((it) => call('GET', it)));
  return inOrder([...parts, await call('POST', '/partial-export?exportClients=true&exportGroupsAndRoles=true')]);
}

/** Keycloak gives what is a set in any order. */
export function inOrder(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(inOrder).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, its]) => [name, inOrder(its)]),
  );
}
