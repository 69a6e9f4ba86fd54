import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { caller } from './http';
import type { Session } from './session';

let server: Server;
/** What it answers, one after the other; the last one for good. */
let answers: { status: number; headers?: Record<string, string>; code?: string }[];
let asked: IncomingHttpHeaders[];
let said: jest.SpyInstance;

beforeEach(async () => {
  asked = [];
  said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  server = createServer((request, response) => {
    asked.push(request.headers);
    const { status, headers, code } = answers[Math.min(asked.length, answers.length) - 1] ?? { status: 500 };
    const problem = {
      type: `urn:x:${code}`,
      title: 'Not now',
      status,
      detail: 'Soon.',
      code,
      advice: '',
      requestId: '',
    };
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(code === undefined ? {} : problem));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  said.mockRestore();
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const sessionWith = (more: Partial<Session> = {}): Session => {
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return { url, token: async () => 'a token', isRenewable: false, source: 'a test', ...more };
};
const call = (method: 'GET' | 'POST' = 'GET', session = sessionWith()) =>
  caller(session)(z.object({}), method, '/tenants');

const callOnce = (timeoutMs = 5_000) =>
  caller(sessionWith())(z.object({}), 'POST', '/tenants', {}, { isOnce: true, timeoutMs });

const OK = { status: 200 };
const later = (status: number, retryAfter = '0') => ({ status, headers: { 'retry-after': retryAfter } });

test.each([
  ['one too many', { ...later(429), code: 'rate-limited' }],
  ['too much for the API', { ...later(503), code: 'overloaded' }],
  ['of no use while the master database is away', { ...later(503), code: 'master-database-unavailable' }],
])('a request that is %s is sent again when the API says, as the same request, and that is said', async (_what, it) => {
  answers = [it, it, OK];
  expect(await call('POST')).toEqual({});
  const keys = asked.map((headers) => headers['idempotency-key']);
  expect([keys.length, new Set(keys).size]).toEqual([3, 1]);
  expect(said.mock.calls).toEqual([['Not now. Soon. Waiting 0 s.'], ['Not now. Soon. Waiting 0 s.']]);
});

test.each([
  ['for ever', [later(429)], 4, 1],
  ['for longer than anybody waits', [later(429, '3600')], 1, 1],
  ['without saying until when', [{ status: 429 }], 1, 1],
  ['by one that is away for ever', [later(503)], 4, 4],
  ['by one that is away without saying until when', [{ status: 503 }], 1, 4],
  ['by one that has failed', [later(500)], 1, 4],
])('where it is refused %s, it fails', async (_what, given, times, exitCode) => {
  answers = given;
  await expect(call()).rejects.toMatchObject({ exitCode });
  expect(asked).toHaveLength(times);
});

test('what is done anew each time is sent once, also when it is refused for now', async () => {
  answers = [later(429), OK];
  await expect(callOnce()).rejects.toMatchObject({ exitCode: 1 });
  expect(asked).toHaveLength(1);
});

test('nor is it sent again when no answer comes, and that is waited for as long as it says', async () => {
  let times = 0;
  server.removeAllListeners('request').on('request', () => times++);
  await expect(callOnce(50)).rejects.toMatchObject({ exitCode: 4 });
  expect(times).toBe(1);
});

test('a loop is told at once what is refused for now, and until when', async () => {
  answers = [later(503, '7')];
  const once = caller(sessionWith(), { isPatient: false });
  await expect(once(z.object({}), 'GET', '/tenants')).rejects.toMatchObject({ retryAfterS: 7 });
  expect([asked.length, said.mock.calls]).toEqual([1, []]);
});

test.each([
  ['what is waited for', [later(429, '60')]],
  ['what has no answer yet', []],
])('Ctrl-C ends %s at once', async (_what, given) => {
  answers = given;
  if (given.length === 0) server.removeAllListeners('request').on('request', ({ headers }) => asked.push(headers));
  const interrupted = new AbortController();
  const ended = caller(sessionWith(), { signal: interrupted.signal })(z.object({}), 'GET', '/tenants');
  setTimeout(() => interrupted.abort(), 200);
  await expect(ended).rejects.toMatchObject({ name: 'AbortError' });
  expect(asked).toHaveLength(1);
});

test('what follows says that others go first', async () => {
  answers = [OK];
  await caller(sessionWith(), { isUrgent: false })(z.object({}), 'GET', '/tenants');
  await call();
  expect(asked.map(({ priority }) => priority)).toEqual(['u=5', undefined]);
});

describe('a token that is refused is renewed once', () => {
  const CHALLENGE = { 'www-authenticate': 'Bearer error="invalid_token"' };
  const hidden = { status: 429, headers: { ...CHALLENGE, 'retry-after': '60' } };
  const tokensSent = () => asked.map(({ authorization }) => authorization);
  const renewable = () => sessionWith({ isRenewable: true, token: async (renewed) => (renewed ? 'new' : 'old') });

  test.each([
    ['by 401', { status: 401, headers: CHALLENGE }],
    ['by 429, where many others without one come from the same address', hidden],
  ])('%s', async (_how, refusal) => {
    answers = [refusal, OK];
    expect(await call('GET', renewable())).toEqual({});
    expect(tokensSent()).toEqual(['Bearer old', 'Bearer new']);
    expect(said.mock.calls).toEqual([]);
  });

  test('but not where it is good, and its own requests are too many', async () => {
    answers = [later(429), OK];
    await call('GET', renewable());
    expect(tokensSent()).toEqual(['Bearer old', 'Bearer old']);
  });

  test('and then it is waited for as ever', async () => {
    answers = [hidden, later(429), OK];
    await call('GET', renewable());
    expect(tokensSent()).toEqual(['Bearer old', 'Bearer new', 'Bearer old']);
  });
});
