import fastifyPlugin from 'fastify-plugin';
import { Problem } from '../errors';

/**
 * Has the address of every request, also of one whose client is gone before it is answered: by it refusals are counted
 * and written down.
 */
export const keepAddresses = fastifyPlugin((app, _options, done) => {
  app.server.on('connection', (socket) => {
    // Each request that waits on it listens for its end.
    socket.setMaxListeners(0);
    // Node keeps what it has been asked for once; of a connection that was reset nobody can learn it any more.
    if (socket.remoteAddress === undefined) socket.destroy();
  });
  // Of a connection that another server of a host with several addresses took.
  app.addHook('onRequest', async ({ raw: { socket } }) => {
    if (socket.remoteAddress === undefined) throw new Problem('request-invalid', 'Nobody knows where it came from.');
  });
  done();
});
