import { discoverIssuer, grantClientCredentials, OAuthError, type AccessToken, type Issuer } from '@freeflow/lib/oauth';
import { decodeJwt, type JWTPayload } from 'jose';
import { BackendFault } from '../failures';

/** How a service account gets tokens. */
export interface ServiceAccount {
  baseUrl: string;
  realm: string;
  clientId: string;
  clientSecret: string;
}

/** What the token endpoint answered: a token, or a refusal in its words. */
export type TokenAnswer = { token: AccessToken } | { status: number; refusal: string };

export const REFUSALS = [400, 401, 403];

/**
 * A token by the client credentials grant.
 * @throws BackendFault `credentials` when the server refuses them, `server-error` when it answers otherwise, else
 * fetch's own errors
 */
export async function clientCredentials(account: ServiceAccount): Promise<AccessToken> {
  const answer = await requestToken(account);
  if ('token' in answer) return answer.token;
  throw new BackendFault(
    'credentials',
    `Keycloak: realm ${account.realm} refuses client ${account.clientId} (${answer.refusal})`,
  );
}

/**
 * The id of the account itself. Access tokens may come without it (a client without the client scope `basic`); an ID
 * token, which a client gets for the scope `openid`, always holds it:
 * https://openid.net/specs/openid-connect-core-1_0.html#IDToken
 * @throws BackendFault `permission` where no token contains it
 */
export async function accountId(account: ServiceAccount, { value }: AccessToken): Promise<string> {
  const subject = claimsOf(value)?.sub ?? (await idTokenSubject(account));
  if (subject !== undefined) return subject;
  throw new BackendFault(
    'permission',
    `Keycloak: the tokens of client ${account.clientId} of realm ${account.realm} name no account (claim sub), so this server can't be identified; give that client the client scope basic`,
  );
}

async function idTokenSubject(account: ServiceAccount): Promise<string | undefined> {
  const issuer = await discoverIssuer(realmUrl(account)).catch((error: unknown) => {
    throw toFault(error, `the issuer of realm ${account.realm}`);
  });
  const answer = await requestToken(account, { idTokenOf: issuer });
  return 'token' in answer ? answer.token.idTokenSubject : undefined;
}

/**
 * Requests a token by the client credentials grant.
 * @param refusals the statuses that are taken for a refusal
 * @throws BackendFault `server-error` where the answer is neither a token nor a refusal, else fetch's own errors
 */
export async function requestToken(
  account: ServiceAccount,
  { idTokenOf, refusals = REFUSALS }: { idTokenOf?: Issuer; refusals?: readonly number[] } = {},
): Promise<TokenAnswer> {
  const { realm, clientId, clientSecret } = account;
  // The endpoint belongs to the address that we were given: what the issuer calls it may be out of our reach.
  const tokenUrl = `${realmUrl(account)}/protocol/openid-connect/token`;
  try {
    const token = await grantClientCredentials(
      { tokenUrl, clientId, clientSecret },
      idTokenOf === undefined ? {} : { idTokenOf },
    );
    if (claimsOf(token.value) === undefined) throw new OAuthError('malformed', 200, 'the token is no JWT');
    return { token };
  } catch (error) {
    if (error instanceof OAuthError && error.status !== undefined && refusals.includes(error.status))
      return { status: error.status, refusal: error.reason };
    throw toFault(error, `the token endpoint of realm ${realm}`);
  }
}

const realmUrl = ({ baseUrl, realm }: ServiceAccount): string => `${baseUrl}/realms/${encodeURIComponent(realm)}`;

function toFault(error: unknown, what: string): unknown {
  if (!(error instanceof OAuthError)) return error;
  if (error.code === 'no-answer') return error.cause;
  const hints = {
    redirected: `: it ${error.reason}`,
    malformed: ', but returned no token: check that Keycloak is at this address',
  };
  const hint = hints[error.code as keyof typeof hints] ?? '';
  return new BackendFault('server-error', `Keycloak: ${what} answered ${error.status}${hint}`, { cause: error });
}

// The server has just given us this token over the channel we trust it on, so it is read without being verified.
function claimsOf(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}
