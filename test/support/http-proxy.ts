import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';

/** What a reverse proxy got, and what it changes. */
export interface HttpProxy {
  /** Its address, without a path. */
  origin: string;
  /** What was requested beside the path that it serves: an address cut short. */
  strays: string[];
  close: () => Promise<void>;
}

/** What a proxy does to some of the requests. */
export interface Trouble {
  /** What becomes of an answer's body. */
  rewrite?: (url: string, body: string) => string;
  /** The client is cut off, and the server gets the request all the same, this much later, or never. */
  lateMs?: (method: string, url: string) => number | 'never' | undefined;
}

/**
 * A reverse proxy that serves another server below a path of its own; what `trouble` holds counts from the next request
 * on.
 */
export async function startHttpProxy(to: string, path: string, trouble: Trouble = {}): Promise<HttpProxy> {
  const strays: string[] = [];
  const server = createServer((from, answer) => {
    const url = from.url ?? '';
    if (url.startsWith(`${path}/`)) return passOn(new URL(to + url.slice(path.length)), from, answer, trouble);
    strays.push(`${from.method ?? ''} ${url}${from.headers['api-key'] === undefined ? '' : ' with an API key'}`);
    answer.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    strays,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function passOn(url: URL, from: IncomingMessage, answer: ServerResponse, { rewrite, lateMs }: Trouble): void {
  const delayMs = lateMs?.(from.method ?? '', url.pathname);
  const call = request(url, { method: from.method, headers: { ...from.headers, host: url.host } }, (reply) => {
    const pieces: Buffer[] = [];
    reply.on('data', (piece: Buffer) => pieces.push(piece));
    reply.on('end', () => {
      const body = Buffer.concat(pieces);
      const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = reply.headers;
      answer
        .writeHead(reply.statusCode ?? 502, headers)
        .end(rewrite === undefined ? body : rewrite(url.pathname, body.toString()));
    });
  });
  call.on('error', () => answer.writeHead(502).end());
  if (delayMs === undefined) return void from.pipe(call);
  const pieces: Buffer[] = [];
  from.on('data', (piece: Buffer) => pieces.push(piece));
  from.on('end', () => {
    from.socket.destroy();
    if (delayMs === 'never') call.destroy();
    else setTimeout(() => call.end(Buffer.concat(pieces)), delayMs);
  });
}
