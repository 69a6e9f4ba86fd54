import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { newName } from '../support/activity-harness';
import { openApiBench, type ApiBench } from '../support/api-bench';
import { terminateRuns } from '../support/temporal';
import { hostileRequests, type Document, type HostileRequest } from './hostile-requests';

/** How many requests are tried; `API_FUZZ=20000` for a long night. */
const REQUESTS = Number(process.env['API_FUZZ'] ?? 3_000);
const AT_A_TIME = 8;

const agent = new Agent({ keepAlive: true, maxSockets: AT_A_TIME });

let harness: ApiBench;
/** Tenants that are active, suspended, soft-deleted and half deleted. */
let ids: string[];

beforeAll(async () => {
  harness = await openApiBench();
  // No worker runs here: every operation counts as ended at once, so that no answer has to wait for a run.
  await harness.owner.query(
    `CREATE FUNCTION ended() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.state = 'done'; NEW."endedAt" = now(); RETURN NEW; END $$`,
  );
  await harness.owner.query(
    'CREATE TRIGGER ended BEFORE INSERT ON "TenantOperation" FOR EACH ROW EXECUTE FUNCTION ended()',
  );
  ids = await Promise.all(
    ['active', 'suspended', 'deleted', 'deleting'].map(async (status) => {
      const id = String((await harness.request('POST', '/tenants', { body: { name: newName() } })).body.id);
      await harness.owner.query(
        `UPDATE "Tenant" SET status = $2::"TenantStatus", "purgeAt" = CASE WHEN $2 = 'deleted' THEN now() + interval '1 day' END WHERE id = $1`,
        [id, status],
      );
      return id;
    }),
  );
});
afterAll(async () => {
  await terminateRuns(harness.operator, harness.taskQueue);
  agent.destroy();
  await harness.close();
});

const CONTROL = ['\u0000', 'a\u0000b', '\u0001', '\n', '\u001b[2J', '\u007f', '\u0085', '\u009b', '\ud800', 'a\udfffb'];

test('a control character or a lone surrogate in any text of a body is refused, with a pointer', async () => {
  const [id = ''] = ids;
  for (const bad of CONTROL) {
    const text = `wrong${bad}name`;
    for (const [path, body, pointer] of [
      ['/tenants', { name: text }, '/name'],
      ['/tenants', { name: 'acme', displayName: text }, '/displayName'],
      ['/tenants', { name: 'acme', externalId: text }, '/externalId'],
      ['/tenants', { name: 'acme', labels: { tier: text } }, '/labels/tier'],
      [`/tenants/${id}/abort`, { reason: text }, '/reason'],
      [`/tenants/${id}/skip`, { reason: text }, '/reason'],
      [`/tenants/${id}/skip`, { reason: 'lost for good', step: text }, '/step'],
      [`/tenants/${id}/retry`, { step: text }, '/step'],
      ['/tenants/retry', { step: text }, '/step'],
      ['/resources/drop', { backend: 'qdrant', name: text, externalId: 'x' }, '/name'],
      ['/resources/drop', { backend: 'qdrant', name: 'x', externalId: text }, '/externalId'],
    ] as const) {
      expect({ path, ...(await harness.request('POST', path, { body })) }).toMatchObject({
        path,
        status: 400,
        body: { code: 'body-invalid', errors: [{ pointer }] },
      });
    }
  }
});

test.each(['name', 'step', 'externalId', 'label', 'cursor', 'status', 'operation', 'gone', 'limit'])(
  'a control character in the query is refused, with the name of the parameter: %s',
  async (parameter) => {
    expect(await harness.request('GET', `/tenants?${parameter}=a%00`)).toMatchObject({
      status: 400,
      body: { code: 'request-invalid', errors: [{ parameter }] },
    });
  },
);

test('a cursor that this list has not given is refused, however well it is formed', async () => {
  const [id = ''] = ids;
  const cursor = (place: unknown) => Buffer.from(JSON.stringify(place)).toString('base64url');
  const uuid = '6f0e5d1c-2b3a-4c4d-8e5f-607182930a1b';
  const ofTenants = [
    '0000-01-01T00:00:00Z',
    '0000-01-01T00:00:00.000Z',
    '+010000-01-01T00:00:00.000Z',
    '2026-02-30T00:00:00.000Z',
    '2026-01-01T00:00:00Z',
    '2026-01-01T25:00:00.000Z',
  ].map((time) => cursor([time, uuid]));
  for (const it of [
    ...ofTenants,
    cursor([1]),
    cursor(['2026-01-01T00:00:00.000Z', uuid, 1]),
    `${cursor(['2026-01-01T00:00:00.000Z', uuid])}AA`,
  ]) {
    expect({ it, ...(await harness.request('GET', `/tenants?cursor=${it}`)) }).toMatchObject({
      it,
      status: 400,
      body: { errors: [{ parameter: 'cursor' }] },
    });
  }
  for (const it of [cursor([2 ** 31]), cursor([1e300]), cursor([-1]), cursor([1.5]), cursor(['1']), cursor({ 0: 1 })]) {
    expect({ it, ...(await harness.request('GET', `/tenants/${id}/logs?cursor=${it}`)) }).toMatchObject({
      it,
      status: 400,
      body: { errors: [{ parameter: 'cursor' }] },
    });
  }
});

test.each([
  '?limit=1e1',
  '?limit=0x10',
  '?limit=%201',
  '?limit=',
  '?limit=1&limit=2',
  '?limit=1.0',
  '?limit=-1',
  '?limit=99999999999999999999',
])('a limit is digits, once: %s', async (query) => {
  expect(await harness.request('GET', `/tenants${query}`)).toMatchObject({
    status: 400,
    body: { errors: [{ parameter: 'limit' }] },
  });
});

test('a length is counted in characters, as the description of the API counts', async () => {
  const [id = ''] = ids;
  expect((await harness.request('POST', `/tenants/${id}/abort`, { body: { reason: '𝒳'.repeat(300) } })).status).toBe(
    409,
  );
  expect((await harness.request('POST', `/tenants/${id}/abort`, { body: { reason: '𝒳'.repeat(301) } })).status).toBe(
    400,
  );
});

test('a body that is not UTF-8 is refused, never stored as other characters', async () => {
  const headers = { authorization: `Bearer ${await harness.issuer.token()}`, 'content-type': 'application/json' };
  const { status, body } = await send({
    method: 'POST',
    url: '/tenants',
    headers,
    payload: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
  });
  expect({ status, body: JSON.parse(body) as unknown }).toMatchObject({
    status: 400,
    body: { code: 'body-invalid', errors: [{ pointer: '', detail: 'is not UTF-8' }] },
  });
});

test('the id of a tenant is the same in upper case', async () => {
  const [id = ''] = ids;
  expect(await harness.request('GET', `/tenants/${id.toUpperCase()}`)).toMatchObject({ status: 200, body: { id } });
});

test('a token whose subject cannot be kept is refused', async () => {
  for (const sub of ['a\u0000', '', 'x'.repeat(256), 12 as unknown as string, {} as unknown as string]) {
    expect(await harness.request('GET', '/tenants', { token: await harness.issuer.token({ sub }) })).toMatchObject({
      status: 401,
      body: { code: 'unauthenticated' },
    });
  }
});

test('what is no HTTP, or no path, is a problem like any other', async () => {
  const spoken: [string, number, string][] = [
    ['GET /tenants/%ff%fe HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'request-invalid'],
    [`GET /tenants/${'a'.repeat(3_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 400, 'request-invalid'],
    ['nonsense\r\n\r\n', 400, 'http-invalid'],
    ['GET / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n', 400, 'http-invalid'],
    ['GET / HTTP/1.1\r\nhost: x\r\nbad\u0000header: 1\r\n\r\n', 400, 'http-invalid'],
    [`GET / HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
  ];
  for (const [request, status, code] of spoken) {
    const answer = await speak(request);
    expect({
      request: request.slice(0, 40),
      answer: answer.slice(0, 12),
      body: JSON.parse(answer.split('\r\n\r\n')[1] ?? '') as unknown,
    }).toMatchObject({ answer: `HTTP/1.1 ${status}`, body: { status, code } });
    expect(answer).toMatch(/content-type: application\/problem\+json/i);
  }
});

test('a value that the master database refuses is reported as that, never as its absence', async () => {
  const name = newName();
  await harness.owner.query(
    `ALTER TABLE "Tenant" ADD CONSTRAINT refuses_values CHECK (name <> '${name}' OR 1 / (length(name) - ${name.length}) > 0)`,
  );
  expect(await harness.request('POST', '/tenants', { body: { name } })).toMatchObject({
    status: 400,
    body: { code: 'value-unstorable' },
  });
  await harness.owner.query('ALTER TABLE "Tenant" DROP CONSTRAINT refuses_values');
  await harness.owner.query(`ALTER TABLE "Tenant" ADD CONSTRAINT refuses_values CHECK (name <> '${name}')`);
  expect(await harness.request('POST', '/tenants', { body: { name } })).toMatchObject({
    status: 500,
    body: { code: 'internal' },
  });
  await harness.owner.query('ALTER TABLE "Tenant" DROP CONSTRAINT refuses_values');
});

test(`no input answers 5xx, and what is refused reports why: ${REQUESTS} requests made from the description of the API`, async () => {
  const document = harness.app.swagger() as unknown as Document;
  const requests = hostileRequests(document, {
    ids,
    token: await harness.issuer.token({ exp: Math.floor(Date.now() / 1000) + 36_000 }),
  });
  const seen: Record<number, number> = {};
  await fc.assert(
    fc.asyncProperty(fc.array(requests, { minLength: AT_A_TIME, maxLength: AT_A_TIME }), async (together) => {
      await Promise.all(
        together.map(async (it) => {
          await isAnswered(it, seen);
        }),
      );
    }),
    { numRuns: Math.ceil(REQUESTS / AT_A_TIME), endOnFailure: true },
  );
  // Not all refused at the door: what fits is carried out.
  expect(Object.keys(seen)).toEqual(expect.arrayContaining(['200', '202', '400', '401', '404', '409', '415']));
}, 600_000);

async function isAnswered(request: HostileRequest, seen: Record<number, number>): Promise<void> {
  const { status, type, body } = await send(request);
  seen[status] = (seen[status] ?? 0) + 1;
  const told = {
    request: {
      ...request,
      headers: { ...request.headers, authorization: '***' },
      payload: request.payload?.toString(),
    },
    status,
    body,
  };
  if (status >= 500) throw new Error(JSON.stringify(told));
  if (status < 400) return;
  expect({ ...told, type }).toMatchObject({ type: 'application/problem+json; charset=utf-8' });
  const { code, errors } = JSON.parse(body) as { code: string; errors?: unknown[] };
  const saysWhere = (code !== 'body-invalid' && code !== 'request-invalid') || (errors?.length ?? 0) > 0;
  expect({ ...told, saysWhere }).toMatchObject({ saysWhere: true });
}

/** Sends a request as it is; `fetch` would correct what is wrong with it. */
function send({
  method,
  url,
  headers,
  payload,
}: HostileRequest): Promise<{ status: number; type: string | undefined; body: string }> {
  const { hostname, port } = new URL(harness.url);
  return new Promise((resolve, reject) => {
    const sent = request(
      { hostname, port, method, path: url, agent, headers: { ...headers, 'content-length': payload?.length ?? 0 } },
      (response) => {
        const {
          statusCode: status = 0,
          headers: { 'content-type': type },
        } = response;
        if (type === 'text/event-stream') {
          // It has no end of its own.
          resolve({ status, type, body: '' });
          return void response.destroy();
        }
        let body = '';
        response.setEncoding('utf8').on('data', (piece) => (body += String(piece)));
        response.on('end', () => resolve({ status, type, body }));
      },
    );
    sent.on('error', reject).end(payload);
  });
}

/** Says something to the API's port and gives what it answers. */
function speak(request: string): Promise<string> {
  const { hostname, port } = new URL(harness.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(request));
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')));
    socket.on('data', (piece) => {
      answer += piece.toString();
      if (/\r\n\r\n\{.*\}$/s.test(answer)) socket.end();
    });
    socket.on('error', (error) => (answer === '' ? reject(error) : resolve(answer)));
    socket.on('close', () => resolve(answer));
  });
}
