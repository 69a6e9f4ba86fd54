import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { newName } from '../test/support/activity-harness';
import { openApiBench, type ApiBench } from '../test/support/api-bench';
import { auditedRows } from '../test/support/audit';
import type { Answer } from '../test/support/installation';
import { until } from '../test/support/until';

const LIMIT = 20;
const LIMIT_UNKNOWN = 5;
let bench: ApiBench;
/** One that keeps to its limits. */
let strict: ApiBench;

beforeAll(async () => {
  [bench, strict] = await Promise.all([
    openApiBench(),
    openApiBench({
      API_RATE_LIMIT: String(LIMIT),
      API_RATE_LIMIT_UNKNOWN: String(LIMIT_UNKNOWN),
      API_TRUSTED_PROXIES: '127.0.0.1',
    }),
  ]);
});
afterAll(() => Promise.all([bench.close(), strict.close()]));

/** So many of these, one after the other; how often each status was answered, and the last answer. */
async function send(times: number, request: () => Promise<Answer>) {
  const statuses: number[] = [];
  let last: Answer | undefined;
  for (let at = 0; at < times; at++) {
    last = await request();
    statuses.push(last.status);
  }
  return { statuses, last };
}
const counted = (status: number, times: number) => Array<number>(times).fill(status);

describe('more than a principal may send in a minute', () => {
  test("is refused with 429 and when to come again; another principal, health and on-call's answers are not", async () => {
    const actor = randomUUID();
    const token = await strict.issuer.token({ sub: actor });
    const get = (path: string) => strict.request('GET', path, { token });
    const { statuses, last } = await send(LIMIT + 2, () => get('/tenants'));
    expect(statuses).toEqual([...counted(200, LIMIT), 429, 429]);
    expect(last?.headers.get('www-authenticate')).toBeNull();
    expect(last?.body).toMatchObject({ code: 'rate-limited', requestId: expect.any(String) });
    const waitS = Number(last?.headers.get('retry-after'));
    expect(waitS).toBeGreaterThan(0);
    expect(waitS).toBeLessThanOrEqual(60);

    for (const path of ['/health/live', '/health/ready', '/openapi.json']) expect((await get(path)).status).toBe(200);
    const answers = [`/tenants/${randomUUID()}/retry`, `/tenants/${randomUUID()}/abort`];
    for (const path of answers) expect((await strict.request('POST', path, { token })).status).toBe(404);
    const bulk = { token, body: { step: 'qdrant.create' } };
    expect((await strict.request('POST', '/tenants/retry', bulk)).status).toBe(202);
    // Nor from what it takes to give one.
    const lookups = ['/tenants/stuck', '/tenants?name=acme', `/tenants/${randomUUID()}`];
    expect(await Promise.all(lookups.map(async (it) => (await get(it)).status))).toEqual([200, 200, 404]);
    expect((await strict.request('GET', '/tenants', { token: await strict.issuer.token() })).status).toBe(200);

    const rows = await until('it is in the audit trail', async () => {
      const found = await auditedRows(strict.owner, { actor, outcome: 'refused' });
      return found.length > 0 ? found : undefined;
    });
    expect(rows).toMatchObject([{ action: 'tenants.list', status: 429, code: 'rate-limited' }]);
  });

  test.each(['u=5', 'i, u=7;x', 'u=4,i'])(
    'is counted with all else where its client says that it can wait: Priority: %s',
    async (priority) => {
      const token = await strict.issuer.token({ sub: randomUUID() });
      const lookUp = (headers: Record<string, string>) =>
        strict.request('GET', '/tenants/stuck', { token, headers }).then(({ status }) => status);
      expect((await send(LIMIT, () => strict.request('GET', '/tenants', { token }))).statuses).toEqual(
        counted(200, LIMIT),
      );
      expect(await lookUp({ priority })).toBe(429);
      for (const urgent of [{}, { priority: 'u=3' }, { priority: 'i' }]) expect(await lookUp(urgent)).toBe(200);
    },
  );

  test.each([
    ['GET', '/tenants'],
    ['GET', '/tenants/stuck'],
    ['POST', '/tenants/retry'],
  ])('is refused with 429 also where it may do nothing at all: %s %s', async (method, path) => {
    const token = await strict.issuer.token({ sub: randomUUID(), permissions: [] });
    const { statuses, last } = await send(LIMIT + 1, () => strict.request(method, path, { token }));
    expect(statuses).toEqual([...counted(403, LIMIT), 429]);
    expect(last?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  });
});

describe('more than an address may send without a valid token', () => {
  const from = (address: string, token: string | null) =>
    strict.request('GET', '/tenants', { token, headers: { 'x-forwarded-for': address } });

  test('is refused with 429; a valid token from there is not, nor another address', async () => {
    const { statuses, last } = await send(LIMIT_UNKNOWN + 1, () => from('192.0.2.1', 'nonsense'));
    expect(statuses).toEqual([...counted(401, LIMIT_UNKNOWN), 429]);
    expect(last?.headers.get('retry-after')).toMatch(/^\d+$/);
    // As on 401: whose token has just become worth nothing learns that another one would be let through.
    expect(last?.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect((await from('192.0.2.1', null)).status).toBe(429);
    expect((await from('192.0.2.1', await strict.issuer.token({ sub: randomUUID() }))).status).toBe(200);
    expect((await from('192.0.2.2', null)).status).toBe(401);
  });

  test('the address is that which a trusted proxy tells, and it is in the audit trail', async () => {
    await from('192.0.2.77', null);
    await until(
      'it is written down',
      async () => (await auditedRows(strict.owner, { address: '192.0.2.77' })).length === 1,
    );
    await bench.request('GET', '/tenants/stuck', { token: null, headers: { 'x-forwarded-for': '192.0.2.77' } });
    const rows = await until('it is written down', async () => {
      const found = await auditedRows(bench.owner, { action: 'tenants.stuck' });
      return found.length > 0 ? found : undefined;
    });
    expect(rows).toMatchObject([{ address: '127.0.0.1' }]);
  });
});

test('while it is late with everything it refuses with 503 and when to come again, and tells its health as ever', async () => {
  const late = await openApiBench({ API_MAX_EVENT_LOOP_DELAY_MS: '50' });
  let isBusy = true;
  const keepBusy = async () => {
    while (isBusy) {
      for (const end = performance.now() + 100; performance.now() < end;);
      await nextTurn();
    }
  };
  const busy = keepBusy();
  try {
    const refused = await until('it refuses', async () => {
      const answer = await late.request('GET', '/tenants');
      return answer.status === 503 ? answer : undefined;
    });
    expect(refused.body).toMatchObject({ code: 'overloaded', status: 503 });
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    for (const path of ['/health/live', '/health/ready']) expect((await late.request('GET', path)).status).toBe(200);
    isBusy = false;
    await until('it answers again', async () => (await late.request('GET', '/tenants')).status === 200);
  } finally {
    isBusy = false;
    await busy;
    await late.close();
  }
});

describe('the id of a request', () => {
  const ask = (path: string, id: string, token?: string | null) =>
    bench.request('GET', path, {
      headers: { 'x-request-id': id },
      ...(token === undefined ? {} : { token }),
    });

  test.each([
    ['/tenants', undefined, 200],
    ['/tenants', null, 401],
    ['/tenants/nonsense', undefined, 400],
    ['/nothing', undefined, 404],
    ['/health/live', null, 200],
    ['/docs/', null, 200],
    ['/%zz', null, 400],
  ] as const)('is given back by %s with token %p: %i', async (path, token, status) => {
    const id = `mine.${randomUUID()}`;
    const answer = await ask(path, id, token);
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([status, id]);
    expect(answer.body['requestId'] ?? id).toBe(id);
  });

  test('is in the audit trail', async () => {
    const id = `mine.${randomUUID()}`;
    await bench.request('POST', '/tenants', { body: { name: newName() }, headers: { 'x-request-id': id } });
    expect(await auditedRows(bench.owner, { requestId: id })).toHaveLength(1);
  });

  test('is another one where it is not fit for a log', async () => {
    const { headers } = await ask('/tenants', 'no good id');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('is there also where there was no request yet', async () => {
    const { port } = new URL(bench.url);
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
      let all = '';
      socket
        .on('data', (it) => (all += String(it)))
        .on('error', reject)
        .on('close', () => resolve(all));
    });
    const [, id] = /^x-request-id: (\S+)\r$/m.exec(text) ?? [];
    expect(text).toContain(`"requestId":"${id ?? 'none'}"`);
  });

  test('used twice, two reconciliations are started all the same', async () => {
    const headers = { 'x-request-id': randomUUID() };
    const started = [
      await bench.request('POST', '/reconcile', { headers }),
      await bench.request('POST', '/reconcile', { headers }),
    ];
    expect(started.map(({ status }) => status)).toEqual([202, 202]);
    expect(new Set(started.map(({ body }) => body.id)).size).toBe(2);
  });
});

test('no other origin is let in: there is no Access-Control header at all', async () => {
  const origin = 'https://elsewhere.example';
  const asked = [
    await bench.request('GET', '/tenants', { headers: { origin } }),
    await bench.request('GET', '/tenants', { headers: { origin }, token: null }),
    await bench.request('GET', '/openapi.json', { headers: { origin } }),
    await bench.request('OPTIONS', '/tenants', {
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    }),
  ];
  for (const { headers } of asked)
    expect([...headers.keys()].filter((it) => it.startsWith('access-control'))).toEqual([]);
  expect(asked.at(-1)?.status).toBe(404);
});

test('every answer is guarded by headers: nothing of it is rendered, framed or guessed at', async () => {
  for (const path of ['/tenants', '/nothing', '/health/live', '/openapi.json']) {
    const { headers } = await bench.request('GET', path);
    expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-powered-by')).toBeNull();
  }
});

test('the page at /docs has a policy that allows all it is made of, and nothing else', async () => {
  const page = await bench.request('GET', '/docs/', { token: null });
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'self'; /);
  expect(page.headers.get('content-security-policy')).not.toMatch(/unsafe|upgrade-insecure|https?:|\*/);
  const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file = '']) => file);
  expect(files.length).toBeGreaterThan(3);
  // Relative ones alone, and each is there; nothing stands in the page itself that a policy would have to allow.
  expect(files.filter((it) => /^[a-z]*:?\/\//.test(it))).toEqual([]);
  const found = await Promise.all(files.map((it) => bench.request('GET', new URL(it, `${bench.url}/docs/`).pathname)));
  expect(found.map(({ status }) => status)).toEqual(files.map(() => 200));
  expect(page.text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=/);
});

test('a 503 without a time of its own says when to come again', async () => {
  const away = await openApiBench({ MASTER_DATABASE_URL: 'postgresql://nobody:x@127.0.0.1:9/none' });
  try {
    for (const path of ['/tenants', '/health/ready']) {
      const { status, headers } = await away.request('GET', path);
      expect([status, headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^[1-9]\d*$/)]);
    }
    // Nor does a refusal wait for the audit trail.
    expect((await away.request('GET', '/tenants', { token: null })).status).toBe(401);
  } finally {
    await away.close();
  }
});

test('where Temporal is away it is said when to come again, and the audit trail has that nothing was done', async () => {
  const away = await openApiBench({ TEMPORAL_ADDRESS: '127.0.0.1:9' });
  try {
    const { status, headers } = await away.request('POST', '/reconcile');
    expect([status, headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^[1-9]\d*$/)]);
    const rows = await until('it is written down', async () => {
      const found = await auditedRows(away.owner, { action: 'reconcile.start' });
      return found.length === 2 ? found : undefined;
    });
    expect(rows.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['begun', null],
      ['failed', 'orchestrator-unavailable'],
    ]);
    expect(new Set(rows.map(({ requestId }) => requestId)).size).toBe(1);
  } finally {
    await away.close();
  }
});
