import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { caller } from './http';

let server: Server;
/** What it answers, one after the other; the last one for good. */
let answers: { status: number; retryAfter?: string }[];
let asked: number;
let said: jest.SpyInstance;

beforeEach(async () => {
  asked = 0;
  said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  server = createServer((_request, response) => {
    const { status, retryAfter } = answers[Math.min(asked++, answers.length - 1)] ?? { status: 500 };
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    });
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  said.mockRestore();
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const call = () => {
  const { port } = server.address() as AddressInfo;
  const session = {
    url: `http://127.0.0.1:${port}`,
    token: async () => 'a token',
    isRenewable: false,
    source: 'a test',
  };
  return caller(session)(z.object({}), 'GET', '/tenants');
};
const busy = { status: 429, retryAfter: '0' };

test('a request too many is sent again when the API says, and it is said for how long that is waited', async () => {
  answers = [busy, busy, { status: 200 }];
  expect(await call()).toEqual({});
  expect(asked).toBe(3);
  expect(said.mock.calls).toEqual([['rate limited, waiting 0 s'], ['rate limited, waiting 0 s']]);
});

test.each([
  ['for ever', [busy], 4],
  ['for longer than anybody waits', [{ status: 429, retryAfter: '3600' }], 1],
  ['without saying until when', [{ status: 429 }], 1],
])('where it is refused %s, it fails', async (_what, given, times) => {
  answers = given;
  await expect(call()).rejects.toMatchObject({ exitCode: 1 });
  expect(asked).toBe(times);
});
