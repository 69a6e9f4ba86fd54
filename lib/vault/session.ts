import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { VaultError } from './errors';
import type { VaultLogin } from './settings';
import type { VaultAnswer, VaultCall, VaultTransport } from './transport';

/** A token, and until when it is good, by `performance.now()`: a clock that jumps would end it too soon, or never. */
interface Token {
  readonly value: string;
  readonly goodUntil: number;
  readonly lifetimeMs: number;
  readonly isRenewable: boolean;
}

const auth = z.object({
  auth: z.object({ client_token: z.string(), lease_duration: z.number(), renewable: z.boolean() }),
});
const self = z.object({ data: z.object({ ttl: z.number(), renewable: z.boolean().default(false) }) });

/** After this share of its lifetime a token is renewed. */
const RENEW_AFTER = 2 / 3;
/** What is this near to its end isn't used: it could run out on the way. */
const EARLY_MS = 2_000;
const RENEW_AGAIN_MS = 5_000;
/** Timers know no longer time: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Who we are to the vault: logs in with the first call, renews the token before its end, and logs in again where it was
 * revoked. A token that was given can only be renewed.
 */
export class VaultSession {
  private current: Promise<Token> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(
    private readonly transport: VaultTransport,
    private readonly login: VaultLogin,
  ) {}

  /**
   * Makes a call as who we are; once more where the token turns out to be good no longer.
   * @throws VaultError `vault-unavailable` | `vault-certificate` | `vault-login`
   */
  async call(call: Omit<VaultCall, 'token'>): Promise<VaultAnswer> {
    const token = await this.token();
    const answer = await this.transport.send({ ...call, token: token.value });
    // Both are a 403: a token that was revoked, and one that no policy allows this.
    if (answer.status !== 403 || (await this.isGood(token))) return answer;
    const { value } = await this.replace(token);
    return this.transport.send({ ...call, token: value });
  }

  /**
   * Begins to renew a token that was given, before anything is called: it would end meanwhile, and nothing replaces it.
   * Never fails: while the vault is away it is tried again.
   */
  keepAlive(): void {
    if (this.login.method !== 'token' || this.isClosed) return;
    (this.current ??= this.begin()).catch(() => {
      if (!this.isClosed) this.timer = setTimeout(() => this.keepAlive(), RENEW_AGAIN_MS).unref();
    });
  }

  /** Gives back the token that it has logged in for. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    const token = await this.current?.catch(() => undefined);
    if (token === undefined || this.login.method === 'token') return;
    const call = { method: 'POST', path: 'auth/token/revoke-self', token: token.value } as const;
    await this.transport.send(call).catch(() => undefined);
  }

  private async token(): Promise<Token> {
    const token = await (this.current ??= this.begin());
    // The vault knows better of a token that was given: it is all there is.
    if (this.login.method === 'token') return token;
    if (performance.now() < token.goodUntil - Math.min(EARLY_MS, token.lifetimeMs / 2)) return token;
    return this.replace(token);
  }

  /** Another token, once for all who need one. @throws VaultError `vault-login` where it was given */
  private async replace(old: Token): Promise<Token> {
    if (this.login.method === 'token')
      throw new VaultError(
        'vault-login',
        'vault: VAULT_TOKEN is not known there, or no longer. Set a new one and restart; by AppRole or Kubernetes it would log in again by itself',
      );
    const known = this.current;
    // Of all who wait here for the same one, the first begins another one.
    if ((await known?.catch(() => undefined)) === old && this.current === known) this.current = this.begin();
    return (this.current ??= this.begin());
  }

  private begin(): Promise<Token> {
    const beginning = this.logIn();
    beginning.then(
      (token) => this.renewInTime(token),
      () => {
        // A failure isn't kept: the next caller tries anew.
        if (this.current === beginning) this.current = undefined;
      },
    );
    return beginning;
  }

  private async logIn(): Promise<Token> {
    if (this.login.method === 'token') return this.lookUp(this.login.token);
    const { path, body } = await requestOf(this.login);
    const answer = await this.transport.send({ method: 'POST', path, body });
    if (answer.status !== 200) throw this.refused(answer);
    return tokenOf(auth.parse(answer.body).auth);
  }

  /** What a token that was given is good for; one that may not look is taken to last. */
  private async lookUp(value: string): Promise<Token> {
    const answer = await this.transport.send({ method: 'GET', path: 'auth/token/lookup-self', token: value });
    const known = self.safeParse(answer.body).data?.data;
    return tokenOf({ client_token: value, lease_duration: known?.ttl ?? 0, renewable: known?.renewable ?? false });
  }

  private async isGood({ value }: Token): Promise<boolean> {
    const { status } = await this.transport.send({ method: 'GET', path: 'auth/token/lookup-self', token: value });
    return status === 200;
  }

  /** Without an answer it is tried again soon; refused, the next call logs in again. */
  private renewInTime(token: Token, inMs = token.lifetimeMs * RENEW_AFTER): void {
    if (this.isClosed || !token.isRenewable || token.lifetimeMs === Infinity) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => {
        this.renew(token).then(
          (renewed) => {
            if (renewed === undefined) return;
            this.current = Promise.resolve(renewed);
            this.renewInTime(renewed);
          },
          () => this.renewInTime(token, RENEW_AGAIN_MS),
        );
      },
      Math.min(inMs, LONGEST_TIMER_MS),
    ).unref();
  }

  private async renew({ value }: Token): Promise<Token | undefined> {
    const answer = await this.transport.send({ method: 'POST', path: 'auth/token/renew-self', body: {}, token: value });
    return answer.status === 200 ? tokenOf(auth.parse(answer.body).auth) : undefined;
  }

  private refused({ status, words }: VaultAnswer): VaultError {
    const { method } = this.login;
    const mount = 'mount' in this.login ? this.login.mount : '';
    return new VaultError(
      'vault-login',
      `vault: the login by ${method} at auth/${mount} is refused (${status}${words === '' ? '' : `: ${words}`})`,
    );
  }
}

async function requestOf(login: Exclude<VaultLogin, { method: 'token' }>): Promise<{ path: string; body: object }> {
  const path = `auth/${login.mount}/login`;
  if (login.method === 'approle') return { path, body: { role_id: login.roleId, secret_id: login.secretId } };
  // Read each time: the kubelet puts a new one there before the old one ends.
  const jwt = await readFile(login.tokenPath, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new VaultError('vault-login', `vault: ${login.tokenPath} can't be read (${cause.code ?? 'unknown cause'})`, {
      cause,
    });
  });
  return { path, body: { role: login.role, jwt: jwt.trim() } };
}

/** 0 is for ever. */
function tokenOf({ client_token, lease_duration, renewable }: z.output<typeof auth>['auth']): Token {
  const lifetimeMs = lease_duration === 0 ? Infinity : lease_duration * 1_000;
  return { value: client_token, lifetimeMs, goodUntil: performance.now() + lifetimeMs, isRenewable: renewable };
}
