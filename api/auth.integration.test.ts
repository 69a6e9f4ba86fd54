import { openApiBench, type ApiBench } from '../test/support/api-bench';
import { newToken } from '../test/support/installation';
import { asKeycloakAdmin } from '../test/support/outside';
import { WRONG_PERMISSIONS, WRONG_TOKENS } from '../test/support/tokens';

let bench: ApiBench;

beforeAll(async () => {
  bench = await openApiBench();
});
afterAll(() => bench.close());

const get = (token: string | null) => bench.request('GET', '/tenants', { token });

test('a token of our issuer, for us, with system:* is let in', async () => {
  expect((await get(await bench.issuer.token())).status).toBe(200);
  expect((await get(await bench.issuer.token({ permissions: ['other', 'system:*'] }))).status).toBe(200);
});

// At every route: api/auth-matrix.
describe('401', () => {
  const cases: (readonly [string, () => Promise<string | null>])[] = [
    ...Object.entries(WRONG_TOKENS).map(([name, make]) => [name, () => make(bench.issuer)] as const),
    ["the identity provider's own, of another realm", async () => realTokenOf('master')],
  ];
  test.each(cases)('%s', async (_name, token) => {
    const { status, body, headers } = await get(await token());
    expect({ status, code: body.code }).toEqual({ status: 401, code: 'unauthenticated' });
    expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(headers.get('content-type')).toMatch('application/problem+json');
  });
});

describe('403', () => {
  test.each(Object.entries(WRONG_PERMISSIONS))('%s', async (_name, permissions) => {
    const { status, body } = await get(await bench.issuer.token({ permissions }));
    expect({ status, code: body.code }).toEqual({ status: 403, code: 'forbidden' });
  });
});

test('every route but health, metrics and docs asks for a token first, whatever else is wrong', async () => {
  const asked = await Promise.all([
    bench.request('POST', '/tenants', { token: null, raw: '{' }),
    bench.request('GET', '/tenants/nonsense', { token: null }),
    bench.request('GET', '/tenants/nonsense/logs', { token: null }),
    bench.request('DELETE', '/tenants/nonsense?mode=x', { token: null }),
  ]);
  expect(asked.map((it) => it.status)).toEqual([401, 401, 401, 401]);
  const open = await Promise.all(
    ['/health/live', '/health/ready', '/metrics', '/openapi.json', '/docs'].map((path) =>
      bench.request('GET', path, { token: null }),
    ),
  );
  expect(open.map((it) => it.status)).toEqual([200, 200, 200, 200, 200]);
});

test('the claim that holds the permissions can be configured', async () => {
  const other = await openApiBench({ AUTH_PERMISSIONS_CLAIM: 'scope' });
  try {
    expect(
      (await other.request('GET', '/tenants', { token: await other.issuer.token({ scope: 'email system:*' }) })).status,
    ).toBe(200);
    expect((await other.request('GET', '/tenants')).status).toBe(403);
  } finally {
    await other.close();
  }
});

test("without the issuer's keys no token can be verified: 503, not 401", async () => {
  const other = await openApiBench({ AUTH_JWKS_URL: 'http://127.0.0.1:9/certs' });
  try {
    const { status, body, headers } = await other.request('GET', '/tenants');
    expect({ status, code: body.code }).toEqual({ status: 503, code: 'identity-provider-unavailable' });
    expect(headers.get('retry-after')).toBe('5');
  } finally {
    await other.close();
  }
});

test("the stack's own client is let in by the stack's real identity provider", async () => {
  const { auth } = bench.master.info;
  const real = await openApiBench({ AUTH_ISSUER: auth.issuer, AUTH_AUDIENCE: auth.audience });
  try {
    expect((await real.request('GET', '/tenants', { token: await newToken(real.master.info) })).status).toBe(200);
    expect((await real.request('GET', '/tenants', { token: await realTokenOf('master') })).status).toBe(401);
  } finally {
    await real.close();
  }
});

/** A token that Keycloak really signed, for another party. */
async function realTokenOf(realm: 'master'): Promise<string> {
  const { keycloak } = bench.master.info;
  expect((await asKeycloakAdmin(bench.master.info, 'GET', `/admin/realms/${realm}`)).status).toBe(200);
  const login = await fetch(`${keycloak.url}/realms/${realm}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: keycloak.clientId,
      client_secret: keycloak.clientSecret,
    }),
  });
  return ((await login.json()) as { access_token: string }).access_token;
}
