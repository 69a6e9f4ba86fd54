import { grantClientCredentials, OAuthError } from '@freeflow/lib/oauth';
import KeycloakAdminClient, { NetworkError } from '@keycloak/keycloak-admin-client';
import { certificateProblem, reasonOf, SetUpError, type SetUpProblem } from '../../provisioner/errors';

/** Keycloak's answer to a call that failed. The body may hold what was sent, so it is not part of the message. */
class KeycloakError extends Error {
  constructor(
    readonly status: number,
    call: string,
  ) {
    super(`Keycloak answers ${status} to ${call}`);
  }
}

/** A service account; of the realm master, unless another one is named. */
export interface Account {
  url: string;
  clientId: string;
  clientSecret: string;
  realm?: string;
}

const TIMEOUT_MS = 30_000;

/** Logs in. The token lasts a minute: long enough for one set-up. */
export const connectKeycloak = async (account: Account): Promise<KeycloakAdminClient> =>
  adminBy(account.url, await keycloakToken(account));

/**
 * A new access token.
 * @throws KeycloakError where the server gives none, else fetch's own errors
 */
export async function keycloakToken({ url, clientId, clientSecret, realm = 'master' }: Account): Promise<string> {
  const tokenUrl = `${url}/realms/${encodeURIComponent(realm)}/protocol/openid-connect/token`;
  try {
    return (await grantClientCredentials({ tokenUrl, clientId, clientSecret }, { timeoutMs: TIMEOUT_MS })).value;
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    if (error.status === undefined) throw error.cause;
    if (error.code === 'redirected') throw new Error(`Keycloak at ${url} ${error.reason}`, { cause: error });
    if (error.code === 'malformed') throw new Error('Keycloak returned no access token', { cause: error });
    throw new KeycloakError(error.status, `the login of client ${clientId} in realm ${realm}`);
  }
}

/** The admin API by the rights of whoever the token was given to. */
export function adminBy(url: string, token: string): KeycloakAdminClient {
  const admin = new KeycloakAdminClient({ baseUrl: url, timeout: TIMEOUT_MS });
  // Not by `setAccessToken`, which refuses a token that is no longer good by the clock of this machine.
  admin.registerTokenProvider({ getAccessToken: async () => token });
  return admin;
}

/** The HTTP status by which Keycloak refused a call; undefined where it gave no answer. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof KeycloakError) return error.status;
  return error instanceof NetworkError ? error.response.status : undefined;
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
  if (error instanceof NetworkError)
    return keycloakProblem(new KeycloakError(error.response.status, pathOf(error.response)));
  if (error instanceof KeycloakError) {
    const problem = PROBLEMS[error.status];
    return problem === undefined ? error : new SetUpError(problem, error.message, { cause: error });
  }
  const untrusted = certificateProblem('Keycloak', error);
  if (untrusted !== undefined) return untrusted;
  const isUnreachable = error instanceof Error && (error.message === 'fetch failed' || error.name === 'TimeoutError');
  return isUnreachable ? new SetUpError('unreachable', `Keycloak: ${reasonOf(error)}`, { cause: error }) : error;
}

/** What was called, without its query. The client ends the paths of lists by a slash. */
const pathOf = ({ url }: Response): string => new URL(url).pathname.replace(/\/$/, '');
