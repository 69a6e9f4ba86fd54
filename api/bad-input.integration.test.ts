import { randomUUID } from 'node:crypto';
import { newName } from '../test/support/activity-harness';
import { openApiBench, type ApiBench } from '../test/support/api-bench';

let harness: ApiBench;

beforeAll(async () => {
  harness = await openApiBench();
});
afterAll(() => harness.close());

const tenants = async () =>
  (await harness.owner.query<{ n: number }>('SELECT count(*)::int AS n FROM "Tenant"')).rows[0]?.n;

describe('a wrong body is refused with a pointer to what is wrong, and leaves nothing', () => {
  const cases: [string, unknown, string, RegExp][] = [
    ['2 characters', { name: 'ab' }, '/name', /3 to 30/],
    ['31 characters', { name: 'a'.repeat(31) }, '/name', /3 to 30/],
    ['upper case', { name: 'Acme' }, '/name', /a-z/],
    ['a hyphen', { name: 'ac-me' }, '/name', /a-z/],
    ['unicode', { name: 'acmé' }, '/name', /a-z/],
    ['a digit of another script', { name: 'acme١' }, '/name', /a-z/],
    ['a line end', { name: 'acme\n' }, '/name', /a-z/],
    ['SQL', { name: "a'; DROP" }, '/name', /a-z/],
    ['reserved: master', { name: 'master' }, '/name', /reserved/],
    ['reserved: system', { name: 'system' }, '/name', /reserved/],
    ['a number', { name: 12345 }, '/name', /^must be a string$/],
    ['null', { name: null }, '/name', /^must be a string$/],
    ['a list', { name: ['acme'] }, '/name', /string/],
    ['missing', {}, '/name', /missing/],
    ['a field too many', { name: 'acme', colour: 'gold' }, '/colour', /not a known field/],
    ['__proto__', JSON.parse('{"name":"acme","__proto__":{"x":1}}') as unknown, '', /./],
    ['not an object', ['acme'], '', /^must be an object$/],
    ['a string', 'acme', '', /object/],
  ];
  test.each(cases)('%s', async (_name, body, pointer, detail) => {
    const before = await tenants();
    const answer = await harness.request('POST', '/tenants', { body });
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'body-invalid', status: 400, errors: [{ pointer, detail: expect.stringMatching(detail) }] },
    });
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect(answer.body['advice']).toMatch(/errors\[\]/);
    expect(await tenants()).toBe(before);
  });

  test('3 and 30 characters are fine', async () => {
    const [short, long] = [newName('s').slice(0, 3), newName('l').padEnd(30, '0')];
    expect((await harness.request('POST', '/tenants', { body: { name: short } })).status).toBe(202);
    expect((await harness.request('POST', '/tenants', { body: { name: long } })).status).toBe(202);
  });
});

test.each([
  ['no JSON', '{"name":', 400, 'body-invalid', 'application/json'],
  ['nothing', '', 400, 'body-invalid', 'application/json'],
  ['a form', 'name=acme', 415, 'media-type-unsupported', 'application/x-www-form-urlencoded'],
  ['XML', '<name/>', 415, 'media-type-unsupported', 'application/xml'],
])('a body that is %s', async (_name, raw, status, code, type) => {
  const answer = await harness.request('POST', '/tenants', { raw, headers: { 'content-type': type } });
  expect(answer).toMatchObject({ status, body: { code } });
});

test('an empty body with the media type of JSON is no body: nothing where one is optional, missing where one is needed', async () => {
  const send = (path: string) =>
    harness.request('POST', path, { raw: '', headers: { 'content-type': 'application/json' } });
  expect(await send(`/tenants/${randomUUID()}/suspend`)).toMatchObject({
    status: 404,
    body: { code: 'tenant-unknown' },
  });
  expect(await send('/tenants')).toMatchObject({
    status: 400,
    body: { code: 'body-invalid', errors: [{ pointer: '', detail: 'is missing' }] },
  });
});

test('a body of 1 MB is refused, and the API goes on', async () => {
  const answer = await harness.request('POST', '/tenants', { body: { name: 'a'.repeat(1_000_000) } });
  expect(answer).toMatchObject({ status: 413, body: { code: 'body-too-large' } });
  expect((await harness.request('GET', '/tenants')).status).toBe(200);
});

test('an id that is none is refused, one that no one has is unknown', async () => {
  for (const [method, rest] of [
    ['GET', ''],
    ['GET', '/logs'],
    ['DELETE', '?mode=hard&force=true'],
  ] as const) {
    expect(await harness.request(method, `/tenants/not-an-id${rest}`)).toMatchObject({
      status: 400,
      body: { code: 'request-invalid', errors: [{ parameter: 'id' }] },
    });
    expect(await harness.request(method, `/tenants/${randomUUID()}${rest}`)).toMatchObject({
      status: 404,
      body: { code: 'tenant-unknown' },
    });
  }
});

test.each([
  ['?status=failed', 'status'],
  ['?operation=stuck', 'operation'],
  ['?gone=yes', 'gone'],
  ['?limit=0', 'limit'],
  ['?limit=201', 'limit'],
  ['?limit=x', 'limit'],
  ['?cursor=nonsense', 'cursor'],
  [`?cursor=${Buffer.from('["2026-01-01T00:00:00.000Z","x"]').toString('base64url')}`, 'cursor'],
  ['?stauts=active', 'stauts'],
])('a wrong query is refused with the name of the parameter: %s', async (query, parameter) => {
  expect(await harness.request('GET', `/tenants${query}`)).toMatchObject({
    status: 400,
    body: { code: 'request-invalid', errors: [{ parameter }] },
  });
});

test('a wrong mode or force of DELETE is refused, never taken for the default', async () => {
  const id = randomUUID();
  expect(await harness.request('DELETE', `/tenants/${id}?mode=hrad`)).toMatchObject({
    status: 400,
    body: { errors: [{ parameter: 'mode' }] },
  });
  expect(await harness.request('DELETE', `/tenants/${id}?mode=hard&force=1`)).toMatchObject({
    status: 400,
    body: { errors: [{ parameter: 'force' }] },
  });
});

test('an Idempotency-Key must be short and visible', async () => {
  const answer = await harness.request('POST', '/tenants', {
    body: { name: newName() },
    headers: { 'idempotency-key': 'x'.repeat(256) },
  });
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ header: 'idempotency-key' }] } });
});

test('an unknown route or method is a problem like any other', async () => {
  expect(await harness.request('GET', '/nothing')).toMatchObject({ status: 404, body: { code: 'route-unknown' } });
  expect(await harness.request('PUT', '/tenants')).toMatchObject({ status: 404, body: { code: 'route-unknown' } });
});
