import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { TcpSocketConnectOpts } from 'node:net';
import { assertLiteralAllowed, guardedLookup, type NetworkPolicy, type Resolve } from '@freeflow/lib/webhooks';
import { causeOf, causeOfStatus } from './causes';
import type { Attempted } from './next-move';

/** Nobody reads what a receiver answers; so much of it is taken for the connection to be used again. */
const MOST_ANSWER_BYTES = 4 * 1024;
/**
 * Of a name with several addresses each but the last has so long, in ms, to take the connection. By Node's own 250 ms a
 * receiver that is far away is given up before it can answer, and the next address may be one that this worker can't
 * reach at all: https://nodejs.org/api/net.html#socketconnectoptions-connectlistener
 */
const PATIENCE = { autoSelectFamilyAttemptTimeout: 3_000 } satisfies Partial<TcpSocketConnectOpts>;
/** A connection without use is closed after so long. */
const KEPT_MS = 30_000;

export interface SenderOptions {
  policy: NetworkPolicy;
  timeoutMs: number;
  /** @default by the name servers of the system */
  resolve?: Resolve;
}

export interface Message {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** A connection that was kept has turned out to be closed. */
class StaleConnection extends Error {}

/**
 * Sends messages, over connections that are kept for a while. It follows no redirect, and no proxy of the environment.
 */
export class Sender {
  private readonly agents = {
    'http:': new HttpAgent({ keepAlive: true, timeout: KEPT_MS }),
    'https:': new HttpsAgent({ keepAlive: true, timeout: KEPT_MS }),
  } as const;

  constructor(private readonly options: SenderOptions) {}

  /** Sends one; never throws, and has ended when its time is over. */
  async send(message: Message): Promise<Attempted> {
    const { timeoutMs } = this.options;
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const status = await this.post(message, signal).catch((error: unknown) => {
        // Once, and over a connection of its own: each of those that were kept may be closed by now.
        if (error instanceof StaleConnection) return this.post(message, signal, false);
        throw error;
      });
      return { status, cause: causeOfStatus(status) };
    } catch (error) {
      return { status: null, cause: causeOf(error, timeoutMs) };
    }
  }

  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  /** @returns the status that is answered, whatever comes after it */
  private async post({ url: text, headers, body }: Message, signal: AbortSignal, isKept = true): Promise<number> {
    const { policy, resolve } = this.options;
    const url = new URL(text);
    const protocol = url.protocol === 'http:' ? 'http:' : 'https:';
    assertLiteralAllowed(policy, url);
    const send = protocol === 'http:' ? httpRequest : httpsRequest;
    const sent = send(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      agent: isKept && this.agents[protocol],
      lookup: guardedLookup(policy, protocol, resolve),
      ...PATIENCE,
      signal,
    });
    const status = statusOf(sent, signal);
    sent.end(body);
    return status;
  }
}

/** Ends by whatever ends the request, and by the signal where nothing does. */
const statusOf = (sent: ClientRequest, signal: AbortSignal): Promise<number> =>
  new Promise((done, fail) => {
    sent.on('response', (response) => {
      done(response.statusCode ?? 0);
      drain(response);
    });
    // A receiver that wants to speak another protocol, which nobody has asked for.
    sent.on('upgrade', (response, socket) => {
      done(response.statusCode ?? 0);
      socket.destroy();
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The receiver has closed it just then, mostly before it had read anything of this.
      const isStale = sent.reusedSocket && error.code === 'ECONNRESET';
      fail(isStale ? new StaleConnection() : signal.aborted ? (signal.reason as Error) : error);
    });
    sent.on('close', () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    signal.addEventListener('abort', () => fail(signal.reason as Error), { once: true });
  });

/** Reads a little, for the connection to be used again, and cuts off what is longer. */
function drain(response: IncomingMessage): void {
  let bytes = 0;
  response.on('error', () => undefined);
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_ANSWER_BYTES) response.destroy();
  });
}
