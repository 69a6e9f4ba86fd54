import { discoverIssuer, grantClientCredentials, OAuthError, SharedToken } from '.';
import { openFakeIssuer, type FakeIssuer } from '../../test/support/fake-issuer';

let issuer: FakeIssuer;
/** Where nobody should be sent. */
let other: FakeIssuer;
beforeEach(async () => {
  issuer = await openFakeIssuer();
  other = await openFakeIssuer();
});
afterEach(() => Promise.all([issuer.close(), other.close()]));

const TOKEN = { access_token: 'opaque', token_type: 'Bearer', expires_in: 300 };
const grant = (secretBy?: 'basic' | 'form') =>
  grantClientCredentials({
    tokenUrl: `${issuer.url}/token`,
    clientId: 'a-client',
    clientSecret: 'p@ss:w%rd',
    ...(secretBy === undefined ? {} : { secretBy }),
  });
const failureOf = async (granting: Promise<unknown>): Promise<OAuthError> => {
  const error: unknown = await granting.then(
    () => undefined,
    (it: unknown) => it,
  );
  if (!(error instanceof OAuthError)) throw new Error(`not an OAuthError: ${String(error)}`);
  return error;
};

test('a token comes with its lifetime, whether or not it can be read', async () => {
  issuer.answer = { status: 200, body: JSON.stringify(TOKEN) };
  expect(await grant()).toEqual({ value: 'opaque', lifetimeMs: 300_000, idTokenSubject: undefined });
});

test('an issuer that takes a request and says nothing is waited for as long as the caller says', async () => {
  issuer.answer = 'nothing';
  expect(await failureOf(discoverIssuer(issuer.url, { timeoutMs: 100 }))).toMatchObject({ code: 'no-answer' });
}, 3_000);

test('the secret goes by the header, or by the form where that is requested', async () => {
  issuer.answer = { status: 200, body: JSON.stringify(TOKEN) };
  await grant();
  await grant('form');
  const [basic, form] = issuer.asked;
  const [id, secret] = Buffer.from(basic?.authorization?.slice('Basic '.length) ?? '', 'base64')
    .toString()
    .split(':')
    .map(decodeURIComponent);
  expect([id, secret]).toEqual(['a-client', 'p@ss:w%rd']);
  expect(basic?.body).not.toContain('client_secret');
  expect(form?.authorization).toBeUndefined();
  expect(new URLSearchParams(form?.body).get('client_secret')).toBe('p@ss:w%rd');
});

test.each([
  ['a refusal in JSON', 401, '{"error":"invalid_client","error_description":"No such client"}', {}],
  [
    'a refusal with a challenge',
    401,
    '{"error":"invalid_client","error_description":"No such client"}',
    { 'www-authenticate': 'Basic realm="x"' },
  ],
  ['a failure in JSON', 500, '{"error":"invalid_client","error_description":"No such client"}', {}],
])('%s is identified by its status and its words', async (_what, status, body, headers) => {
  issuer.answer = { status, body, headers };
  expect(await failureOf(grant())).toMatchObject({ code: 'refused', status, reason: 'invalid_client No such client' });
});

test.each([
  ['a page', 404, '<html>', { 'content-type': 'text/html' }, 'refused'],
  ['a page that is there', 200, '<html>', { 'content-type': 'text/html' }, 'malformed'],
  ['JSON that ends early', 200, '{"access_token":', {}, 'malformed'],
  ['no token', 200, '{}', {}, 'malformed'],
  ['a token of another kind', 200, JSON.stringify({ ...TOKEN, token_type: 'mac' }), {}, 'malformed'],
])('%s is told from a token', async (_what, status, body, headers, code) => {
  issuer.answer = { status, body, headers };
  expect(await failureOf(grant())).toMatchObject({ code, status });
});

test.each(['cut', 'half'] as const)('a connection that is %s is no answer', async (answer) => {
  issuer.answer = answer;
  expect(await failureOf(grant())).toMatchObject({ code: 'no-answer', status: undefined });
});

test('nobody at the address is no answer, and the cause keeps the code', async () => {
  await issuer.close();
  expect(await failureOf(grant())).toMatchObject({
    code: 'no-answer',
    cause: { cause: { code: 'ECONNREFUSED' } },
  });
});

test.each([
  ['to another server', 'https://elsewhere.example/token?session=1', 'https://elsewhere.example/token'],
  ['to another path', '/realms/x/token', '/realms/x/token'],
  ['nowhere', 'http://', 'an address that is none'],
])('a redirect %s is not followed: it is named, with the way out', async (_what, location, named) => {
  for (const status of [302, 307, 308]) {
    issuer.answer = {
      status,
      body: '',
      headers: { location: location.replace('https://elsewhere.example', other.url) },
    };
    const expected = named.replace('https://elsewhere.example', other.url);
    const failure = await failureOf(grant());
    expect(failure).toMatchObject({ code: 'redirected', status });
    expect(failure.reason).toContain(expected);
    expect(failure.reason).toContain('configure that address');
    expect(failure.message).not.toContain('session');
    expect(await failureOf(discoverIssuer(issuer.url))).toMatchObject({ code: 'redirected', status });
  }
  expect([other.asked.length, issuer.asked.length]).toEqual([0, 6]);
});

test('no failure repeats the secret', async () => {
  issuer.answer = { status: 401, body: '{"error":"invalid_client"}' };
  const { message, reason, stack } = await failureOf(grant());
  expect([message, reason, stack].join()).not.toContain('p@ss');
});

test('an issuer names its endpoints, though it be reached by another address than its own', async () => {
  const document = { issuer: 'https://sso.example', token_endpoint: 'https://sso.example/token' };
  issuer.answer = { status: 200, body: JSON.stringify(document) };
  expect(await discoverIssuer(issuer.url)).toEqual({
    issuer: document.issuer,
    tokenUrl: document.token_endpoint,
    idTokenAlgorithms: ['RS256'],
  });
  issuer.answer = { status: 200, body: JSON.stringify({ issuer: document.issuer }) };
  expect(await failureOf(discoverIssuer(issuer.url))).toMatchObject({ code: 'malformed' });
  issuer.answer = { status: 404, body: '{"error":"Realm does not exist"}' };
  expect(await failureOf(discoverIssuer(issuer.url))).toMatchObject({ code: 'refused', status: 404 });
});

describe('a shared token', () => {
  afterEach(() => jest.restoreAllMocks());
  const issueNumbered = (lifetimeMs: number) => {
    let grants = 0;
    return new SharedToken(async () => ({ value: String((grants += 1)), lifetimeMs }));
  };

  test('is fetched once, however many ask at the same time', async () => {
    const shared = issueNumbered(60_000);
    const all = await Promise.all(Array.from({ length: 20 }, () => shared.get()));
    expect(new Set(all.map(({ value }) => value))).toEqual(new Set(['1']));
    expect(await shared.renew()).toMatchObject({ value: '2' });
    expect(await shared.get()).toMatchObject({ value: '2' });
  });

  test('is fetched again before it runs out', async () => {
    const shared = issueNumbered(60_000);
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    await shared.get();
    now.mockReturnValue(49_999);
    expect(await shared.get()).toMatchObject({ value: '1' });
    now.mockReturnValue(50_000);
    expect(await shared.get()).toMatchObject({ value: '2' });
  });

  test('is used for half its life where that is shorter than the margin', async () => {
    const shared = issueNumbered(10_000);
    const now = jest.spyOn(performance, 'now').mockReturnValue(0);
    await shared.get();
    now.mockReturnValue(4_999);
    expect(await shared.get()).toMatchObject({ value: '1' });
  });

  test('is requested anew after a failure', async () => {
    let isUp = false;
    const shared = new SharedToken(async () => {
      if (!isUp) throw new Error('down');
      return { value: 'up', lifetimeMs: 60_000 };
    });
    await expect(shared.get()).rejects.toThrow('down');
    isUp = true;
    expect(await shared.get()).toMatchObject({ value: 'up' });
  });
});
