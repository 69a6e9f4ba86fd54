import { openFakeIssuer, type FakeIssuer } from './fake-issuer';

/**
 * An issuer by which people log in, that lets each refresh token be used once, and ends a login where one is used
 * again.
 */
export interface FakeLogins extends FakeIssuer {
  /** The refresh token that is good now; undefined once the login is over. */
  refreshToken: string | undefined;
  /** Named in its document, beside or in place of the usual. */
  document: Record<string, string | undefined>;
  /** What it gives to who begins a login. */
  device: Record<string, unknown>;
  /** What it answers to who polls for the confirmation. */
  confirmation: Record<string, unknown>;
  revoked: string[];
}

const json = (status: number, body: unknown) => ({ status, body: JSON.stringify(body) });

export async function openFakeLogins(): Promise<FakeLogins> {
  const issuer = await openFakeIssuer();
  const { url } = issuer;
  let renewals = 0;
  const logins: FakeLogins = Object.assign(issuer, {
    refreshToken: 'refresh-0',
    document: {
      issuer: url,
      token_endpoint: `${url}/token`,
      device_authorization_endpoint: `${url}/device`,
      revocation_endpoint: `${url}/revoke`,
    },
    device: {
      device_code: 'a-device',
      user_code: 'ABCD-EFGH',
      verification_uri: `${url}/confirm`,
      expires_in: 600,
      interval: 1,
    },
    confirmation: { error: 'authorization_pending' },
    revoked: [],
  });
  const renew = (used: string | null) => {
    logins.refreshToken = used === logins.refreshToken && used !== null ? `refresh-${(renewals += 1)}` : undefined;
    if (logins.refreshToken === undefined) return json(400, { error: 'invalid_grant' });
    const tokens = { access_token: `access-${renewals}`, refresh_token: logins.refreshToken };
    return json(200, { ...tokens, token_type: 'Bearer', expires_in: 300 });
  };
  logins.answer = ({ path, body }) => {
    const form = new URLSearchParams(body);
    if (path === '/token' && form.get('grant_type') === 'refresh_token') return renew(form.get('refresh_token'));
    if (path === '/token') return json(logins.confirmation['error'] === undefined ? 200 : 400, logins.confirmation);
    if (path === '/device') return json(200, logins.device);
    if (path !== '/revoke') return json(200, logins.document);
    logins.revoked.push(form.get('token') ?? '');
    return { status: 200, body: '' };
  };
  return logins;
}
