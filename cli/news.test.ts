import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cloudEventType, type EventName } from '@freeflow/contract';
import { until } from '../test/support/until';
import { News } from './news';

let server: Server;
let openings: number;
/** How the stream is answered. */
let serve: RequestListener;
let news: News | undefined;
beforeEach(async () => {
  openings = 0;
  server = createServer((request, response) => {
    openings += 1;
    serve(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  news?.close();
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

function newsHere(): News {
  const { port } = server.address() as AddressInfo;
  const token = () => Promise.resolve('a token');
  const session = { url: `http://127.0.0.1:${port}`, token, isRenewable: false, source: 'a test' };
  return (news = new News(session, 'some-id', new AbortController().signal));
}

/** How long each of so many waits took, in ms. */
async function waitsOf(it: News, times: number): Promise<number[]> {
  const waits: number[] = [];
  for (let at = performance.now(); waits.length < times; at = performance.now()) {
    await it.next();
    waits.push(performance.now() - at);
  }
  return waits;
}

const HEAD = { 'content-type': 'text/event-stream' };
const openStream = (response: ServerResponse) => response.writeHead(200, HEAD).write('id: 1\n: from 1\n\n');
function tell(response: ServerResponse | undefined, id: number, name: EventName): void {
  const data = { tenantId: '6f0c3a52-0000-4000-8000-000000000000', tenantName: 'acme', operationId: null };
  const event = { specversion: '1.0', id: String(id), source: '/x', type: cloudEventType(name), subject: 'acme', data };
  const whole = { ...event, time: '2026-11-27T06:00:00.000Z', datacontenttype: 'application/json' };
  response?.write(`id: ${id}\ndata: ${JSON.stringify(whole)}\n\n`);
}

test.each<[string, RequestListener]>([
  ['an API that has no stream', (_request, response) => response.writeHead(404).end('{}')],
  ['a proxy that keeps it back', () => undefined],
  ['a connection that breaks', (request) => request.socket.destroy()],
  ['too many requests', (_request, response) => response.writeHead(429, { 'retry-after': '60' }).end('{}')],
])('without a stream is looked soon, and then ever less: %s', async (_what, how) => {
  serve = how;
  const waits = await waitsOf(newsHere(), 3);
  // No timer fires early; how late one does is the machine's affair.
  [150, 300, 600].forEach((ms, at) => expect(waits[at]).toBeGreaterThan(ms - 10));
  expect(openings).toBeLessThan(4);
});

test('a stream that is refused for too many requests is opened later, as soon as the API says', async () => {
  let refusedAt = 0;
  let openedAt = 0;
  serve = (_request, response) => {
    if (openings > 1) return void ((openedAt = performance.now()), openStream(response));
    refusedAt = performance.now();
    response.writeHead(429, { 'retry-after': '2' }).end('{}');
  };
  newsHere();
  await until('it is open', async () => openedAt > 0);
  expect(openedAt - refusedAt).toBeGreaterThan(1_990);
});

test('a step that has succeeded is a look at the log, and everything else one at the tenant, too', async () => {
  let stream: ServerResponse | undefined;
  serve = (_request, response) => void ((stream = response), openStream(response));
  const it = newsHere();
  await until('it has told where it begins', async () => stream !== undefined && (await it.next()) === 'all');
  const looks = [];
  for (const name of ['step.succeeded', 'step.failed', 'operation.ended', 'tenant.gone'] as const) {
    tell(stream, 2 + looks.length, name);
    looks.push(await it.next());
  }
  expect(looks).toEqual(['rows', 'all', 'all', 'all']);
});

test('many steps are one look, and what is more than a step does not wait for it', async () => {
  let stream: ServerResponse | undefined;
  serve = (_request, response) => void ((stream = response), openStream(response));
  const it = newsHere();
  await until('it has told where it begins', async () => stream !== undefined && (await it.next()) === 'all');
  const toldAt = performance.now();
  for (let id = 2; id < 12; id++) tell(stream, id, 'step.succeeded');
  expect(await it.next()).toBe('rows');
  // So long others are waited for: more of them would have been no other look.
  expect(performance.now() - toldAt).toBeGreaterThan(240);
  tell(stream, 12, 'step.succeeded');
  tell(stream, 13, 'operation.ended');
  expect(await it.next()).toBe('all');
});
