/** Keycloak's answer to a call that failed. The body may hold what was sent, so it is not part of the message. */
export class KeycloakError extends Error {
  constructor(readonly status: number, call: string) {
    super(`Keycloak answers ${status} to ${call}`);
  }
}

/** Calls the admin API under `/admin/realms`; undefined when what was asked for is not there. */
export type KeycloakAdmin = <T = unknown>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown) => Promise<T | undefined>;

const TIMEOUT_MS = 30_000;

/** Logs in as a service account of the realm master. The token lasts a minute: long enough for one set-up. */
export async function connectKeycloak(url: string, clientId: string, clientSecret: string): Promise<KeycloakAdmin> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret });
  const login = await fetch(`${url}/realms/master/protocol/openid-connect/token`, { method: 'POST', body: form, signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!login.ok) throw new KeycloakError(login.status, `the login of client ${clientId} in realm master`);
  const token = accessTokenOf(await login.json());
  return async <T>(method: string, path: string, body?: unknown): Promise<T | undefined> => {
    const response = await fetch(`${url}/admin/realms${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.status === 404 && method === 'GET') return undefined;
    if (!response.ok) throw new KeycloakError(response.status, `${method} /admin/realms${path}`);
    return text === '' ? undefined : JSON.parse(text) as T;
  };
}

function accessTokenOf(answer: unknown): string {
  if (typeof answer === 'object' && answer !== null && 'access_token' in answer && typeof answer.access_token === 'string') return answer.access_token;
  throw new Error('Keycloak gave no access token');
}
