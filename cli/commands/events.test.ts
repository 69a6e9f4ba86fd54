import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Command } from 'commander';
import { addEvents } from './events';

let server: Server;
let lastEventIds: unknown[];
/** What it answers, one after the other. */
let answers: ((response: ServerResponse) => unknown)[];
let shown: string[];
beforeEach(async () => {
  [lastEventIds, shown] = [[], []];
  jest.spyOn(console, 'log').mockImplementation((text: string) => void shown.push(text));
  jest.spyOn(console, 'error').mockImplementation(() => undefined);
  server = createServer((request, response) => {
    lastEventIds.push(request.headers['last-event-id']);
    answers.shift()?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  jest.restoreAllMocks();
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const later = (status: number) => (response: ServerResponse) =>
  response.writeHead(status, { 'retry-after': '0' }).end('{}');
const gone = (response: ServerResponse) => response.writeHead(410).end('{}');
const streamOf = (id: string) => (response: ServerResponse) => {
  const data = { tenantId: '6f0c3a52-0000-4000-8000-000000000000', tenantName: 'acme', operationId: null };
  const about = { source: '/x', type: 'com.freeflow.tenant.gone', subject: 'acme', time: '2026-11-27T06:00:00.000Z' };
  const event = { specversion: '1.0', id, ...about, datacontenttype: 'application/json', data };
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`id: ${id}\ndata: ${JSON.stringify(event)}\n\n`);
};

function followed(): Promise<unknown> {
  const { port } = server.address() as AddressInfo;
  const env = { FREEFLOW_API_URL: `http://127.0.0.1:${port}`, FREEFLOW_TOKEN: 'a token' };
  const program = new Command().exitOverride();
  addEvents(program, { env, end: () => undefined });
  return program.parseAsync(['events', '--json'], { from: 'user' });
}

test('events are followed on where the API takes nothing for now, and the following ends where some are missing', async () => {
  answers = [later(429), later(503), streamOf('7'), later(429), later(503), streamOf('9'), gone];
  await expect(followed()).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining('410') });
  expect(shown.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(['7', '9']);
  expect(lastEventIds).toEqual([undefined, undefined, undefined, '7', '7', '7', '9']);
});

test('what is refused for good before it has begun ends it at once', async () => {
  answers = [(response) => response.writeHead(403).end('{}')];
  await expect(followed()).rejects.toMatchObject({ exitCode: 1 });
});
