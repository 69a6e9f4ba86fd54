import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificates } from './certificates';

/** What ends TLS before an HTTP server, as most do it. */
export interface TlsProxy {
  /** By `localhost`, which the certificate is made out to. */
  url: string;
  close(): Promise<void>;
}

/** @param prefix a path below which the server is found, and only there */
export async function openTlsProxy(target: string, { cert, key }: Certificates, prefix = ''): Promise<TlsProxy> {
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (from, to) => {
    const path = from.url ?? '/';
    if (!path.startsWith(prefix)) return void to.writeHead(404).end();
    const passed = request(
      `${target}${path.slice(prefix.length)}`,
      { method: from.method, headers: { ...from.headers, host: new URL(target).host } },
      (answer) => {
        to.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(to);
      },
    );
    passed.on('error', () => to.destroy());
    from.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `https://localhost:${port}${prefix}`, close };
}
