import { openFakeLogins, type FakeLogins } from '../../test/support/fake-logins';
import { refreshTokens, revokeLogin, startDeviceLogin, type PublicClient } from './device-login';

let issuer: FakeLogins;
let client: PublicClient;
beforeEach(async () => {
  issuer = await openFakeLogins();
  client = { issuer: issuer.url, clientId: 'a-client' };
});
afterEach(() => issuer.close());

const pathsAsked = () => issuer.asked.map(({ path }) => path);
const DOCUMENT = '/.well-known/openid-configuration';

test('a login that is confirmed gives its tokens, and can be renewed and ended', async () => {
  issuer.confirmation = { access_token: 'access', refresh_token: 'refresh-0', token_type: 'Bearer', expires_in: 300 };
  const login = await startDeviceLogin(client, 'openid');
  expect(await login.confirmed()).toEqual({ value: 'access', refreshToken: 'refresh-0', lifetimeMs: 300_000 });
  expect(await refreshTokens(client, 'refresh-0')).toMatchObject({ value: 'access-1', refreshToken: 'refresh-1' });
  await revokeLogin(client, 'refresh-1');
  expect(issuer.revoked).toEqual(['refresh-1']);
});

describe('a login that nobody confirms in time has expired', () => {
  test.each<[string, number, string]>([
    ['by the clock here, before the issuer is asked once more', 2, 'authorization_pending'],
    ['by the word of the issuer', 0.2, 'expired_token'],
  ])('%s', async (_how, interval, error) => {
    issuer.device = { ...issuer.device, expires_in: 1, interval };
    issuer.confirmation = { error };
    const login = await startDeviceLogin(client, 'openid');
    await expect(login.confirmed()).rejects.toMatchObject({ code: 'expired', message: 'not confirmed in time' });
  });

  test('but not one whose issuer does not answer', async () => {
    issuer.device = { ...issuer.device, interval: 0.2 };
    const login = await startDeviceLogin(client, 'openid');
    await issuer.close();
    await expect(login.confirmed()).rejects.toMatchObject({ code: 'no-answer' });
  });

  test('nor one that is left by who waits for it', async () => {
    const login = await startDeviceLogin(client, 'openid');
    await expect(login.confirmed(AbortSignal.abort())).rejects.toMatchObject({ code: 'no-answer' });
  });
});

describe('nothing secret goes by plain HTTP where others may read along', () => {
  const uses: [string, () => Promise<unknown>][] = [
    ['a login', () => startDeviceLogin(client, 'openid')],
    ['a renewal', () => refreshTokens(client, 'refresh-0')],
    ['a logout', () => revokeLogin(client, 'refresh-0')],
  ];
  const endpoints = ['token_endpoint', 'device_authorization_endpoint', 'revocation_endpoint'];
  const cases = uses.flatMap(([what, use]) => endpoints.map((name) => [what, name, use] as const));
  /** The same server, by an address that is not known to be this machine. */
  const elsewhere = (name: string) => `${issuer.url.replace('127.0.0.1', '0.0.0.0')}/${name}`;

  test.each(cases)('%s is refused where the issuer names such a %s', async (_what, name, use) => {
    issuer.document = { ...issuer.document, [name]: elsewhere('x') };
    await expect(use()).rejects.toMatchObject({ code: 'plain-http', message: expect.stringContaining(name) });
    expect(pathsAsked()).toEqual([DOCUMENT]);
  });

  test.each(['verification_uri', 'verification_uri_complete'])(
    'a login is refused where the password would be typed at such a %s',
    async (name) => {
      issuer.device = { ...issuer.device, [name]: elsewhere('confirm') };
      await expect(startDeviceLogin(client, 'openid')).rejects.toMatchObject({ code: 'plain-http' });
    },
  );

  test('nor where it is no address at all', async () => {
    issuer.device = { ...issuer.device, verification_uri: 'confirm' };
    await expect(startDeviceLogin(client, 'openid')).rejects.toMatchObject({ code: 'malformed' });
  });

  test('it does where whoever logs in has said that it may', async () => {
    issuer.document = { ...issuer.document, token_endpoint: elsewhere('token') };
    expect(await refreshTokens({ ...client, insecure: true }, 'refresh-0')).toMatchObject({ value: 'access-1' });
  });
});

test('where the issuer has no way to end a login, that is said', async () => {
  issuer.document = { ...issuer.document, revocation_endpoint: undefined };
  await expect(revokeLogin(client, 'refresh-0')).rejects.toMatchObject({
    message: expect.stringMatching(/no revocation/),
  });
});
