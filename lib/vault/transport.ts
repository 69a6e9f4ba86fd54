import { Agent, request, type Dispatcher } from 'undici';
import { certificateFault } from '../pg/certificate-error';
import { VaultError } from './errors';
import type { VaultSettings } from './settings';

const TIMEOUT_MS = 4_000;
/** Its words are shown; what it could say beyond this is of no use. */
const LONGEST_WORDS = 300;

/**
 * What a node of a vault answers where another one, or a later moment, would do: overloaded (429), on standby or in
 * recovery (472, 473), not yet up to date (412), redirecting to the active node (307), sealed (503), or a proxy's that
 * does not reach it: https://openbao.org/api-docs/system/health/
 */
const UNAVAILABLE: Readonly<Record<number, string>> = {
  307: 'is on standby, and names another node: VAULT_ADDR must lead to the active one',
  412: 'has not caught up yet',
  429: 'is overloaded, or on standby',
  472: 'is on standby',
  473: 'is on standby',
  502: 'is not reached by the proxy before it',
  503: 'is sealed, or in maintenance',
  504: 'is not reached by the proxy before it',
};

/** An answer that is not a failure of the vault's. */
export interface VaultAnswer {
  readonly status: number;
  readonly body: unknown;
  /** Its own words on why not. */
  readonly words: string;
}

/** A call of the HTTP API; `path` is what follows `/v1/`. */
export interface VaultCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object | undefined;
  readonly token?: string | undefined;
}

/** Connections to one vault. */
export class VaultTransport {
  private readonly agent: Agent;

  constructor(private readonly settings: Pick<VaultSettings, 'address' | 'namespace' | 'ca' | 'timeoutMs'>) {
    const { ca, timeoutMs = TIMEOUT_MS } = settings;
    this.agent = new Agent({ connect: { timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) } });
  }

  /** @throws VaultError `vault-unavailable` | `vault-certificate` */
  async send(call: VaultCall): Promise<VaultAnswer> {
    const { statusCode, text } = await this.exchange(call).catch((error: unknown) => {
      throw this.describe(error);
    });
    const problem = UNAVAILABLE[statusCode];
    const { body, words } = read(text);
    if (problem !== undefined)
      throw new VaultError('vault-unavailable', `vault: ${this.settings.address} ${problem} (${statusCode})`);
    return { status: statusCode, body, words };
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  private async exchange({ method, path, body, token }: VaultCall): Promise<{ statusCode: number; text: string }> {
    const { address, namespace, timeoutMs = TIMEOUT_MS } = this.settings;
    const options: Parameters<typeof request>[1] & { dispatcher: Dispatcher } = {
      method,
      dispatcher: this.agent,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        // Without it an agent before the vault refuses a call that a browser was led to make.
        'x-vault-request': 'true',
        ...(token === undefined ? {} : { 'x-vault-token': token }),
        ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    };
    const answer = await request(`${address}/v1/${path}`, options);
    return { statusCode: answer.statusCode, text: await answer.body.text() };
  }

  private describe(error: unknown): VaultError {
    const { address, timeoutMs = TIMEOUT_MS } = this.settings;
    const untrusted = certificateFault(error);
    if (untrusted !== undefined)
      return new VaultError('vault-certificate', `vault: the certificate of ${address}: ${untrusted}`, {
        cause: error,
      });
    const { name, message, code } = error as Error & { code?: unknown };
    const words = name === 'TimeoutError' ? `no answer within ${timeoutMs} ms` : message || String(code);
    return new VaultError('vault-unavailable', `vault: ${address} does not answer: ${words}`, { cause: error });
  }
}

/** A body that is no JSON is nobody's we know. */
function read(text: string): { body: unknown; words: string } {
  try {
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const { errors } = (body ?? {}) as { errors?: unknown };
    return { body, words: Array.isArray(errors) ? errors.join('; ').slice(0, LONGEST_WORDS) : '' };
  } catch {
    return { body: undefined, words: 'it answers no JSON' };
  }
}
