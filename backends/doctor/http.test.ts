import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { call } from './http';

let server: Server;
let url: string;
/** How many of the next requests are cut. */
let cuts = 0;
let requests = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests += 1;
    if (cuts === 0) return void response.end('{}');
    cuts -= 1;
    request.socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  requests = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('a connection that is cut is tried once more', async () => {
  cuts = 1;
  expect((await call(url)).status).toBe(200);
  expect(requests).toBe(2);
});

test('a server that cuts each is told of', async () => {
  cuts = 2;
  await expect(call(url)).rejects.toThrow('fetch failed');
  expect(requests).toBe(2);
});
