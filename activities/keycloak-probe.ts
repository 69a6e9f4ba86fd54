import { BackendFault } from './failures';
import { clientCredentials, type ServiceAccount } from './keycloak-token';

const REQUEST_TIMEOUT_MS = 10_000;

/**
 * As the tenant's application: gets a token of its own realm and reads that realm's description, and is refused with
 * 403 at administering its own realm and the `master` realm. Another realm's endpoints don't know its tokens at all.
 */
export async function probeKeycloak(tenant: ServiceAccount, adminRealm: string): Promise<void> {
  const { value: token } = await clientCredentials(tenant);
  const own = encodeURIComponent(tenant.realm);
  const expectations: [what: string, method: 'GET' | 'PUT', path: string, statuses: number[]][] = [
    ['reading its own realm', 'GET', `/realms/${own}/.well-known/openid-configuration`, [200]],
    ['listing the users of its own realm', 'GET', `/admin/realms/${own}/users`, [403]],
    ['listing the keys of its own realm', 'GET', `/admin/realms/${own}/keys`, [403]],
    ['changing its own realm', 'PUT', `/admin/realms/${own}`, [403]],
    [`listing the users of realm ${adminRealm}`, 'GET', `/admin/realms/${encodeURIComponent(adminRealm)}/users`, [403]],
    [`using its token at realm ${adminRealm}`, 'GET', `/realms/${encodeURIComponent(adminRealm)}/protocol/openid-connect/userinfo`, [401, 403]],
  ];
  for (const [what, method, path, statuses] of expectations) {
    const { status } = await fetch(tenant.baseUrl + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      // A change that changes nothing.
      ...(method === 'PUT' ? { body: '{}' } : {}),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (statuses.includes(status)) continue;
    const leak = status < 300 && !statuses.includes(200);
    throw new BackendFault(leak ? 'probe-leak' : 'probe-refused', `Keycloak: ${what} as the tenant answered ${status}, expected ${statuses.join(' or ')}`);
  }
}

/** Sees the tenant's application refused a token: 403, since its realm is disabled. */
export async function refusedKeycloak({ baseUrl, realm, clientId, clientSecret }: ServiceAccount): Promise<void> {
  const { status } = await fetch(`${baseUrl}/realms/${encodeURIComponent(realm)}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  if (status === 403) return;
  throw new BackendFault(status === 200 ? 'still-open' : 'probe-refused', `Keycloak: a login of the tenant's application at its disabled realm answered ${status}, expected 403`);
}

/** Whether anybody can see the realm. */
export async function isRealmThere(baseUrl: string, realm: string): Promise<boolean> {
  const { status } = await fetch(`${baseUrl}/realms/${encodeURIComponent(realm)}`, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
  if (status === 404) return false;
  if (status === 200 || status === 403) return true;
  throw new BackendFault('server-error', `Keycloak: asking for realm ${realm} answered ${status}`);
}
