import {
  connect,
  createSecureServer,
  createServer,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Stream,
} from 'node:http2';

/** A gRPC server in front of another one that refuses some of its services, as Temporal Cloud does. */
export interface GrpcGate {
  address: string;
  close(): Promise<void>;
}

const PERMISSION_DENIED = '7';

/**
 * @param isRefused of a call, by its path and its headers
 * @param tls how its own side is secured; not at all, when left out
 */
export async function openGate(
  port: number,
  isRefused: (path: string, headers: IncomingHttpHeaders) => boolean,
  tls?: SecureServerOptions,
): Promise<GrpcGate> {
  const upstream = connect(`http://127.0.0.1:${port}`);
  upstream.on('error', () => undefined);
  const server = tls === undefined ? createServer() : createSecureServer(tls);
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (it) => sessions.add(it));
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => undefined);
    if (isRefused(String(headers[':path']), headers)) {
      stream.respond(
        {
          ':status': 200,
          'content-type': 'application/grpc',
          'grpc-status': PERMISSION_DENIED,
          'grpc-message': 'Request unauthorized.',
        },
        { endStream: true },
      );
      return;
    }
    passOn(stream, headers, upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return {
    address: `127.0.0.1:${bound.port}`,
    close: async () => {
      sessions.forEach((it) => it.destroy());
      upstream.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function passOn(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, upstream: ReturnType<typeof connect>): void {
  const request = upstream.request(headers);
  let trailers: IncomingHttpHeaders = {};
  request.on('error', () => stream.destroy());
  request.on('response', (answer, flags) => {
    // A message of trailers alone ends at once.
    const endStream = (flags & 1) === 1;
    stream.respond(answer, { endStream, waitForTrailers: !endStream });
  });
  request.on('trailers', (it) => (trailers = it));
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.on('close', () => request.close());
  stream.pipe(request);
  request.pipe(stream);
}
