import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { CERTIFICATE_CODES } from '@freeflow/lib/pg';
import {
  AddressRefused,
  assertLiteralAllowed,
  guardedLookup,
  type NetworkPolicy,
  type Resolve,
} from '@freeflow/lib/webhooks';
import type { Attempted } from './next-move';

/** Nobody reads what a receiver answers; so much of it is taken for the connection to be used again. */
const MOST_ANSWER_BYTES = 4 * 1024;
/** A connection without use is closed after so long. */
const KEPT_MS = 30_000;

export interface SenderOptions {
  policy: NetworkPolicy;
  timeoutMs: number;
  /** @default as the system does */
  resolve?: Resolve;
}

export interface Message {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** A connection that was kept has turned out to be closed. */
class StaleConnection extends Error {}

/** Sends messages, over connections that are kept for a while. It follows no redirect, and no proxy of the environment. */
export class Sender {
  private readonly agents = {
    'http:': new HttpAgent({ keepAlive: true, timeout: KEPT_MS }),
    'https:': new HttpsAgent({ keepAlive: true, timeout: KEPT_MS }),
  } as const;

  constructor(private readonly options: SenderOptions) {}

  /** Sends one; never throws. */
  async send(message: Message): Promise<Attempted> {
    try {
      const status = await this.post(message);
      return { status, cause: causeOfStatus(status) };
    } catch (error) {
      if (error instanceof StaleConnection) return this.send(message);
      return { status: null, cause: causeOf(error, this.options.timeoutMs) };
    }
  }

  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  /** @returns the status that is answered, whatever comes after it */
  private async post({ url: text, headers, body }: Message): Promise<number> {
    const { policy, timeoutMs, resolve } = this.options;
    const url = new URL(text);
    const protocol = url.protocol === 'http:' ? 'http:' : 'https:';
    assertLiteralAllowed(policy, url);
    const signal = AbortSignal.timeout(timeoutMs);
    const send = protocol === 'http:' ? httpRequest : httpsRequest;
    return new Promise((done, fail) => {
      const sent = send(url, {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        agent: this.agents[protocol],
        lookup: guardedLookup(policy, protocol, resolve),
        signal,
      });
      sent.on('response', (response) => {
        done(response.statusCode ?? 0);
        drain(response);
      });
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // The receiver has closed it just then, mostly before it had read anything of this.
        const isStale = sent.reusedSocket && error.code === 'ECONNRESET';
        fail(isStale ? new StaleConnection() : signal.aborted ? (signal.reason as Error) : error);
      });
      sent.end(body);
    });
  }
}

/** Reads a little, for the connection to be used again, and cuts off what is longer. */
function drain(response: IncomingMessage): void {
  let bytes = 0;
  response.on('error', () => undefined);
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_ANSWER_BYTES) response.destroy();
  });
}

function causeOfStatus(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  return status >= 300 && status < 400 ? `answered ${status}: redirects are not followed` : `answered ${status}`;
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name could not be resolved',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ETIMEDOUT: 'the connection timed out',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
};

/** For people, without a word of the URL. */
function causeOf(error: unknown, timeoutMs: number): string {
  if (error instanceof AddressRefused) return `its address is refused: ${error.message}`;
  const { name, code } = firstOf(error) as NodeJS.ErrnoException;
  if (name === 'TimeoutError' || name === 'AbortError') return `no answer within ${timeoutMs} ms`;
  if (code === undefined) return 'the request failed';
  if (CERTIFICATE_CODES.includes(code)) return `its certificate is not trusted (${code})`;
  return `${CAUSES[code] ?? 'the request failed'} (${code})`;
}

/** Of a name with several addresses, each of which has failed. */
const firstOf = (error: unknown): unknown =>
  error instanceof AggregateError ? ((error.errors as unknown[])[0] ?? error) : error;
