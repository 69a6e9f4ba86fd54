import { BackendFault } from '../failures';

interface Token {
  value: string;
  /** The id of the account that it was given to; some servers leave it out. */
  subject?: string;
  /** By `performance.now()`: a clock that jumps would make it last for ever, or not at all. */
  goodUntil: number;
}

/** How a service account gets tokens. */
export interface ServiceAccount {
  baseUrl: string;
  realm: string;
  clientId: string;
  clientSecret: string;
}

/** What the token endpoint answered: a token, or a refusal in its words. */
export type TokenAnswer = { token: Token; idToken?: string } | { status: number; refusal: string };

export const REFUSALS = [400, 401, 403];
const REQUEST_TIMEOUT_MS = 10_000;
/** A token isn't used in its last seconds: it could run out on the way. */
const SAFETY_MS = 10_000;
const DEFAULT_LIFETIME_S = 60;

/**
 * One access token shared by all calls to one server, fetched once however many ask at the same time.
 * `renew` gets another one: Keycloak grants the rights on a new realm only to tokens issued after it was made.
 */
export class SharedToken {
  private current: Promise<Token> | undefined;

  constructor(private readonly account: ServiceAccount) {}

  async get(): Promise<Token> {
    const token = await (this.current ??= this.fetched());
    return performance.now() < token.goodUntil ? token : this.renew();
  }

  async renew(): Promise<Token> {
    this.current = this.fetched();
    return this.current;
  }

  private fetched(): Promise<Token> {
    const fetching = clientCredentials(this.account);
    // A failure isn't kept: the next caller asks anew.
    fetching.catch(() => {
      if (this.current === fetching) this.current = undefined;
    });
    return fetching;
  }
}

/**
 * A token by the client credentials grant.
 * @throws BackendFault `credentials` when the server refuses them, `server-error` when it answers otherwise, else fetch's own errors
 */
export async function clientCredentials(account: ServiceAccount): Promise<Token> {
  const answer = await requestToken(account);
  if ('token' in answer) return answer.token;
  throw new BackendFault(
    'credentials',
    `Keycloak: realm ${account.realm} refuses client ${account.clientId} (${answer.refusal})`,
  );
}

/**
 * The id of the account itself. Access tokens may come without it (a client without the client scope `basic`); an ID token,
 * which a client gets for the scope `openid`, always holds it: https://openid.net/specs/openid-connect-core-1_0.html#IDToken
 * @throws BackendFault `permission` where no token tells it
 */
export async function accountId(account: ServiceAccount, { subject }: Token): Promise<string> {
  if (subject !== undefined) return subject;
  const answer = await requestToken(account, 'openid');
  const { idToken = '' } = 'token' in answer ? answer : {};
  const found = claimsOf(idToken)?.['sub'];
  if (typeof found === 'string') return found;
  throw new BackendFault(
    'permission',
    `Keycloak: the tokens of client ${account.clientId} of realm ${account.realm} name no account (claim sub), so this server can't be told from another; give that client the client scope basic`,
  );
}

/**
 * Asks for a token by the client credentials grant; the secret goes by HTTP Basic.
 * @throws BackendFault `server-error` where the answer is neither a token nor a refusal
 */
export async function requestToken(
  { baseUrl, realm, clientId, clientSecret }: ServiceAccount,
  scope?: string,
  refusals: readonly number[] = REFUSALS,
): Promise<TokenAnswer> {
  const response = await fetch(`${baseUrl}/realms/${encodeURIComponent(realm)}/protocol/openid-connect/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const body = objectIn(await response.text());
  if (refusals.includes(response.status))
    return {
      status: response.status,
      refusal: [body?.['error'] ?? response.status, body?.['error_description'] ?? ''].map(String).join(' ').trim(),
    };
  const token = response.ok ? tokenIn(body) : undefined;
  if (token !== undefined)
    return { token, ...(typeof body?.['id_token'] === 'string' ? { idToken: body['id_token'] } : {}) };
  throw new BackendFault(
    'server-error',
    `Keycloak: the token endpoint of realm ${realm} answered ${response.status}${response.ok ? ', but gave no token: is there something else at this address?' : ''}`,
  );
}

function tokenIn(body: Record<string, unknown> | undefined): Token | undefined {
  const { access_token: value, expires_in: lifetime } = body ?? {};
  if (typeof value !== 'string') return undefined;
  const claims = claimsOf(value);
  if (claims === undefined) return undefined;
  const lifetimeMs = (typeof lifetime === 'number' && Number.isFinite(lifetime) ? lifetime : DEFAULT_LIFETIME_S) * 1000;
  return {
    value,
    goodUntil: performance.now() + Math.max(lifetimeMs - SAFETY_MS, lifetimeMs / 2),
    ...(typeof claims['sub'] === 'string' ? { subject: claims['sub'] } : {}),
  };
}

// The server has just given us this token over the channel we trust it on, so it is read without being verified.
const claimsOf = (token: string): Record<string, unknown> | undefined =>
  objectIn(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
