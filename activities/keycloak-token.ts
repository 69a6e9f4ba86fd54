import { BackendFault } from './failures';

interface Token {
  value: string;
  subject: string;
  /** By `performance.now()`, which nobody sets. */
  goodUntil: number;
}

/** How a service account gets tokens. */
export interface ServiceAccount {
  baseUrl: string;
  realm: string;
  clientId: string;
  clientSecret: string;
}

const REQUEST_TIMEOUT_MS = 10_000;
/** A token isn't used in its last seconds: it could run out on the way. */
const SAFETY_MS = 10_000;

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
 * @throws BackendFault `credentials` when the server refuses them, else fetch's own errors
 */
export async function clientCredentials({ baseUrl, realm, clientId, clientSecret }: ServiceAccount): Promise<Token> {
  const response = await fetch(`${baseUrl}/realms/${encodeURIComponent(realm)}/protocol/openid-connect/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const body = (await response.json().catch(() => ({}))) as { access_token?: string; expires_in?: number; error?: string };
  if (response.status === 400 || response.status === 401) {
    throw new BackendFault('credentials', `Keycloak: realm ${realm} refuses client ${clientId} (${body.error ?? response.status})`);
  }
  if (!response.ok || body.access_token === undefined) {
    throw new BackendFault('server-error', `Keycloak: the token endpoint of realm ${realm} answered ${response.status}`);
  }
  const lifetimeMs = (body.expires_in ?? 60) * 1000;
  return { value: body.access_token, subject: subjectOf(body.access_token), goodUntil: performance.now() + Math.max(lifetimeMs - SAFETY_MS, lifetimeMs / 2) };
}

// The server has just given us this token over the channel we trust it on, so it is read without being verified.
function subjectOf(token: string): string {
  const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub?: string };
  return payload.sub ?? 'unknown';
}
