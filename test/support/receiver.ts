import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cloudEventSchema, type CloudEventBody } from '@freeflow/contract/http';

/** One request that a receiver has got. */
export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  event: CloudEventBody;
}

/**
 * What a receiver answers: a status, with headers where they matter; `hang`: nothing at all; `cut`: the connection
 * ends.
 */
type Reply = number | { status: number; headers: Record<string, string> } | 'hang' | 'cut';

/** A receiver of webhooks: a real HTTP server. */
export interface Receiver {
  url: string;
  received: Received[];
  /** Decides what is answered from now on. @default 204 to all */
  answer: (reply: (received: Received) => Reply) => void;
  /** What it has taken, by what it has answered 2xx to. */
  taken: () => Received[];
  close: () => Promise<void>;
}

export async function openReceiver(): Promise<Receiver> {
  let replyTo: (received: Received) => Reply = () => 204;
  const received: Received[] = [];
  const taken: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const one = {
        path: request.url ?? '',
        headers: request.headers,
        body,
        event: cloudEventSchema.parse(JSON.parse(body)),
      };
      received.push(one);
      const reply = replyTo(one);
      if (reply === 'hang') return;
      if (reply === 'cut') return void request.socket.destroy();
      const { status, headers } = typeof reply === 'number' ? { status: reply, headers: {} } : reply;
      if (status >= 200 && status < 300) taken.push(one);
      response.writeHead(status, headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (reply) => {
      replyTo = reply;
    },
    taken: () => taken,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
