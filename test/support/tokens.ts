import {
  createLocalJWKSet,
  decodeProtectedHeader,
  exportSPKI,
  SignJWT,
  type CryptoKey,
  type JSONWebKeySet,
} from 'jose';
import { AUDIENCE, type Issuer } from './issuer';

const now = () => Math.floor(Date.now() / 1_000);

/** Tokens that are none: each is a request to be answered with 401, by what is wrong with it. */
export const WRONG_TOKENS: Readonly<Record<string, (issuer: Issuer) => Promise<string | null>>> = {
  'no token': async () => null,
  'no token but words': async () => 'let-me-in',
  expired: (issuer) => issuer.token({ exp: now() - 60 }),
  'without an end': (issuer) => issuer.token({ exp: undefined }),
  'not valid yet': (issuer) => issuer.token({ nbf: now() + 600 }),
  'wrong issuer': (issuer) => issuer.token({ iss: `${issuer.url}/other` }),
  'wrong audience': (issuer) => issuer.token({ aud: 'account' }),
  'without audience': (issuer) => issuer.token({ aud: undefined }),
  'without subject': (issuer) => issuer.token({ sub: undefined }),
  'other algorithm, though its key is published': (issuer) => issuer.token({}, { alg: 'ES256' }),
  'alg: none': unsignedToken,
  'HS256 by the public key': hmacToken,
  tampered: tamperedToken,
  'signed by a stranger': async (issuer) => issuer.token({}, { key: await issuer.newKey('RS256') }),
};

/** What a valid token holds that lacks the permission: each is to be answered with 403. */
export const WRONG_PERMISSIONS: Readonly<Record<string, unknown>> = {
  'no permissions at all': undefined,
  'an empty list': [],
  '*': ['*'],
  'system:x': ['system:x'],
  'system:* as a part of a longer word': ['system:*:read', 'xsystem:*'],
  'a list in a list': [['system:*']],
  'an object': { 'system:*': true },
};

async function tamperedToken(issuer: Issuer): Promise<string> {
  const [header = '', payload = '', signature = ''] = (await issuer.token({ permissions: [] })).split('.');
  const raised = { ...(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object), permissions: ['system:*'] };
  return [header, Buffer.from(JSON.stringify(raised)).toString('base64url'), signature].join('.');
}

async function unsignedToken(issuer: Issuer): Promise<string> {
  const [, payload = ''] = (await issuer.token()).split('.');
  return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
}

/** Signed by what everybody can fetch, as a shared secret: let in where the algorithm is the token's to choose. */
async function hmacToken(issuer: Issuer): Promise<string> {
  const published = await fetch(`${issuer.url}/protocol/openid-connect/certs`);
  const keys = createLocalJWKSet((await published.json()) as JSONWebKeySet);
  const { kid } = decodeProtectedHeader(await issuer.token());
  const publicKey = (await keys({ alg: 'RS256', kid: kid ?? '' })) as CryptoKey;
  return new SignJWT({ permissions: ['system:*'] })
    .setProtectedHeader({ alg: 'HS256', kid: kid ?? '' })
    .setIssuer(issuer.url)
    .setAudience(AUDIENCE)
    .setSubject('somebody')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(Buffer.from(await exportSPKI(publicKey)));
}
