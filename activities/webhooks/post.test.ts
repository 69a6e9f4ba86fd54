import { spawn } from 'node:child_process';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { networkPolicy, readReceiverUrl, type Resolve } from '@freeflow/lib/webhooks';
import { Sender } from './post';

const LOOPBACK = networkPolicy('127.0.0.1');
const MESSAGE = { headers: { 'webhook-id': '1' }, body: '{}' };

let server: Server;
let port: number;
let listener: RequestListener;
let requests: string[];
const senders: Sender[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
beforeEach(() => {
  requests = [];
  listener = (_request, response) => void response.writeHead(204).end();
});
afterEach(() => {
  for (const sender of senders.splice(0)) sender.close();
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** A name that resolves to these, one after the other. */
const resolvingTo = (...answers: string[]): Resolve => {
  let at = 0;
  return async () => [{ address: answers[Math.min(at++, answers.length - 1)] ?? '', family: 4 }];
};

function send(url: string, options: Partial<ConstructorParameters<typeof Sender>[0]> = {}) {
  const sender = new Sender({ policy: LOOPBACK, timeoutMs: 5_000, ...options });
  senders.push(sender);
  return sender.send({ ...MESSAGE, url });
}

test('an answer of 2xx is a delivery, any other one is a cause', async () => {
  expect(await send(`http://127.0.0.1:${port}/a`)).toEqual({ status: 204, cause: null });
  listener = (_request, response) => void response.writeHead(503).end();
  expect(await send(`http://127.0.0.1:${port}/a`)).toEqual({ status: 503, cause: 'answered 503' });
});

test.each([301, 302, 303, 307, 308])('a redirect (%i) is not followed', async (status) => {
  listener = (_request, response) => void response.writeHead(status, { location: '/elsewhere' }).end();
  const attempted = await send(`http://127.0.0.1:${port}/a`);
  expect(attempted).toEqual({ status, cause: expect.stringContaining('redirects are not followed') });
  expect(requests).toEqual(['/a']);
});

test('a name that resolves to an allowed address when it is registered, and to another one later, is not connected to', async () => {
  // The server listens on this address only, so that a connection would be seen by what is received.
  const resolve = resolvingTo('127.0.0.1', '127.0.0.1', '169.254.169.254');
  const shown = `http://rebound.test:${port}`;
  const url = `${shown}/a`;
  expect(await readReceiverUrl(url, LOOPBACK, resolve)).toEqual({ shown, target: '/a' });
  expect(await send(url, { resolve })).toEqual({ status: 204, cause: null });
  expect(await send(url, { resolve })).toEqual({
    status: null,
    cause: expect.stringContaining('its address is refused: 169.254.169.254 is not a public address'),
  });
  const rebound = resolvingTo('127.0.0.1');
  expect(await send(url, { resolve: rebound, policy: networkPolicy() })).toEqual({
    status: null,
    cause: expect.stringContaining('its address is refused: 127.0.0.1 is not a public address'),
  });
  expect(requests).toEqual(['/a']);
});

test.each(['127.0.0.1', '0x7f.1', '[::ffff:127.0.0.1]'])(
  'an address as it is, %s, is refused as its name would be',
  async (host) => {
    expect(await send(`http://${host}:${port}/a`, { policy: networkPolicy() })).toEqual({
      status: null,
      cause: expect.stringContaining('is not a public address'),
    });
    expect(requests).toEqual([]);
  },
);

test('a receiver that does not answer in time has failed, and its connection is closed', async () => {
  const gone = new Promise<void>((resolve) => {
    listener = (request) => request.socket.once('close', () => resolve());
  });
  expect(await send(`http://127.0.0.1:${port}/a`, { timeoutMs: 100 })).toEqual({
    status: null,
    cause: 'no answer within 100 ms',
  });
  await gone;
});

test('an answer of 101 is a failure like any other one, and its connection is closed', async () => {
  const gone = new Promise<void>((resolve) => {
    listener = ({ socket }) => {
      socket.once('close', () => resolve());
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n');
    };
  });
  expect(await send(`http://127.0.0.1:${port}/a`)).toEqual({ status: 101, cause: 'answered 101' });
  await gone;
});

test('a receiver that answers for ever that it goes on has failed when the time is over', async () => {
  listener = ({ socket }) => {
    const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 5);
    socket.once('close', () => clearInterval(timer)).on('error', () => undefined);
  };
  expect(await send(`http://127.0.0.1:${port}/a`, { timeoutMs: 100 })).toEqual({
    status: null,
    cause: 'no answer within 100 ms',
  });
});

test('what a kept connection has lost goes once more, over a fresh one, however many are kept', async () => {
  const sender = new Sender({ policy: LOOPBACK, timeoutMs: 5_000 });
  senders.push(sender);
  const used = new Set<Socket>();
  const waiting: (() => void)[] = [];
  // All three are open at once, so that none uses the connection of another one.
  listener = ({ socket }, response) => {
    used.add(socket);
    waiting.push(() => response.writeHead(204).end());
    if (waiting.length === 3) for (const answer of waiting) answer();
  };
  const post = () => sender.send({ ...MESSAGE, url: `http://127.0.0.1:${port}/a` });
  await Promise.all([post(), post(), post()]);
  listener = ({ socket }, response) => void (used.has(socket) ? socket.destroy() : response.writeHead(204).end());
  requests = [];
  expect(await post()).toEqual({ status: 204, cause: null });
  expect(requests).toHaveLength(2);
});

test('of an answer without an end no more is read than a little', async () => {
  const gone = new Promise<number>((resolve) => {
    listener = (request, response) => {
      response.writeHead(200);
      let bytes = 0;
      const timer = setInterval(() => {
        response.write(Buffer.alloc(1_024));
        bytes += 1_024;
      }, 1);
      request.socket.once('close', () => {
        clearInterval(timer);
        resolve(bytes);
      });
    };
  });
  expect(await send(`http://127.0.0.1:${port}/a`)).toEqual({ status: 200, cause: null });
  expect(await gone).toBeLessThan(1_024 * 1_024);
});

/** Listens on this address alone, keeps two connections for later, and takes no more of them while it is stopped. */
const FAR = `
  const server = require('node:http').createServer((request, response) => response.writeHead(204).end());
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));`;

test('a receiver with addresses of both kinds has time to take the connection, where the other address leads nowhere', async () => {
  const far = spawn(process.execPath, ['-e', FAR], { stdio: ['ignore', 'pipe', 'inherit'] });
  const farPort = Number(await new Promise<Buffer>((listening) => far.stdout.once('data', listening)));
  far.kill('SIGSTOP');
  const filling = Array.from({ length: 2 }, () => connect(farPort, '127.0.0.1'));
  await Promise.all(filling.map((it) => new Promise((connected) => it.once('connect', connected))));
  const resolve: Resolve = async () => [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  const sending = send(`http://far.test:${farPort}/a`, { resolve, policy: networkPolicy('127.0.0.1,::1') });
  // Longer than Node gives it by itself; the kernel asks again after a second.
  await delay(500);
  far.kill('SIGCONT');
  const attempted = await sending;
  for (const it of filling) it.destroy();
  far.kill('SIGKILL');
  expect(attempted).toEqual({ status: 204, cause: null });
});

test('nothing of the URL is in a cause', async () => {
  server.closeAllConnections();
  const cause = (await send(`https://127.0.0.1:${port}/hunter22?token=hunter22`)).cause ?? '';
  expect(cause).not.toBe('');
  expect(cause).not.toContain('hunter22');
});
