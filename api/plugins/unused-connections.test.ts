import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { until } from '../../test/support/until';
import { endUnusedConnections } from './unused-connections';

let app: FastifyInstance;
let release: () => void;
beforeEach(async () => {
  app = fastify({ forceCloseConnections: 'idle', return503OnClosing: false });
  await app.register(endUnusedConnections);
  const released = new Promise<void>((resolve) => (release = resolve));
  app.get('/slow', async () => {
    await released;
    return 'whole';
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
});

/** A connection that the server has taken, with the server's end of it. */
async function open(): Promise<{ client: Socket; server: Socket }> {
  const taken = once(app.server, 'connection') as Promise<[Socket]>;
  const client = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  const [server] = await taken;
  return { client, server };
}

async function textOf(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

const REQUEST = 'GET /slow HTTP/1.1\r\nhost: a\r\nconnection: close\r\n';

test('a connection on which nothing was ever sent does not hold up a stop', async () => {
  const { client } = await open();
  const ended = once(client, 'close');
  client.resume();
  await app.close();
  await ended;
  expect(client.destroyed).toBe(true);
});

test('a request in progress, and one that has begun to come, are answered before the API stops', async () => {
  const [inProgress, begun] = [await open(), await open()];
  const requested = once(app.server, 'request');
  inProgress.client.write(`${REQUEST}\r\n`);
  begun.client.write(REQUEST);
  await requested;
  await until('a part of the other is there', async () => begun.server.bytesRead > 0);
  const closed = app.close();
  const texts = Promise.all([inProgress, begun].map(({ client }) => textOf(client)));
  begun.client.write('\r\n');
  release();
  for (const text of await texts) expect(text).toContain('whole');
  await closed;
});
