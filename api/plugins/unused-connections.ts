import type { Socket } from 'node:net';
import fastifyPlugin from 'fastify-plugin';

/**
 * Ends connections on which nothing has come yet when the API stops, such as clients and proxies open ahead. For Node's
 * server they are not idle before their first request, but about to send its headers, and a stop would wait for these
 * (https://github.com/nodejs/node/blob/v24.x/src/node_http_parser.cc, ConnectionsList::Idle). What has begun to send
 * one is waited for.
 */
export const endUnusedConnections = fastifyPlugin((app, _options, done) => {
  const unused = new Set<Socket>();
  let isClosing = false;
  app.server.on('connection', (socket) => {
    if (isClosing) return void socket.destroy();
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  app.server.on('request', ({ socket }) => unused.delete(socket));
  app.addHook('preClose', async () => {
    isClosing = true;
    for (const socket of unused) if (socket.bytesRead === 0) socket.destroy();
  });
  done();
});
