import { certificateProblem, reasonOf, SetUpError, type SetUpProblem } from '../../provisioner/errors';

/** Keycloak's answer to a call that failed. The body may hold what was sent, so it is not part of the message. */
export class KeycloakError extends Error {
  constructor(
    readonly status: number,
    call: string,
  ) {
    super(`Keycloak answers ${status} to ${call}`);
  }
}

/** Calls the admin API under `/admin/realms`; undefined when what was asked for is not there. */
export type KeycloakAdmin = <T = unknown>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
) => Promise<T | undefined>;

/** A service account; of the realm master, unless another one is named. */
export interface Account {
  url: string;
  clientId: string;
  clientSecret: string;
  realm?: string;
}

const TIMEOUT_MS = 30_000;

/** Logs in. The token lasts a minute: long enough for one set-up. */
export const connectKeycloak = async (account: Account): Promise<KeycloakAdmin> =>
  adminBy(account.url, await keycloakToken(account));

/** A new access token. */
export async function keycloakToken({ url, clientId, clientSecret, realm = 'master' }: Account): Promise<string> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  });
  const login = await fetch(`${url}/realms/${encodeURIComponent(realm)}/protocol/openid-connect/token`, {
    method: 'POST',
    body: form,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!login.ok) throw new KeycloakError(login.status, `the login of client ${clientId} in realm ${realm}`);
  return accessTokenOf(await login.json());
}

/** The admin API by the rights of whoever the token was given to. */
export function adminBy(url: string, token: string): KeycloakAdmin {
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
    return text === '' ? undefined : (JSON.parse(text) as T);
  };
}

function accessTokenOf(answer: unknown): string {
  if (
    typeof answer === 'object' &&
    answer !== null &&
    'access_token' in answer &&
    typeof answer.access_token === 'string'
  )
    return answer.access_token;
  throw new Error('Keycloak gave no access token');
}

const PROBLEMS: Readonly<Record<number, SetUpProblem>> = {
  400: 'credentials',
  401: 'credentials',
  403: 'forbidden',
  404: 'credentials',
  500: 'unreachable',
  502: 'unreachable',
  503: 'unreachable',
  504: 'unreachable',
};

/** What a failure at Keycloak means for who set it up. */
export function keycloakProblem(error: unknown): unknown {
  if (error instanceof KeycloakError) {
    const problem = PROBLEMS[error.status];
    return problem === undefined ? error : new SetUpError(problem, error.message, { cause: error });
  }
  const untrusted = certificateProblem('Keycloak', error);
  if (untrusted !== undefined) return untrusted;
  const isUnreachable = error instanceof Error && (error.message === 'fetch failed' || error.name === 'TimeoutError');
  return isUnreachable ? new SetUpError('unreachable', `Keycloak: ${reasonOf(error)}`, { cause: error }) : error;
}
