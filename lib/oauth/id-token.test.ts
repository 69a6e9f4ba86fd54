import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { discoverIssuer, grantClientCredentials } from '.';
import { openFakeIssuer, type FakeIssuer } from '../../test/support/fake-issuer';

let server: FakeIssuer;
beforeEach(async () => {
  server = await openFakeIssuer();
});
afterEach(() => server.close());

const CLIENT = 'a-client';

/** The issuer as its document has it, which announces these algorithms. */
async function discover(announced: unknown) {
  const document = { issuer: server.url, token_endpoint: `${server.url}/token` };
  const body = {
    ...document,
    ...(announced === undefined ? {} : { id_token_signing_alg_values_supported: announced }),
  };
  server.answer = { status: 200, body: JSON.stringify(body) };
  return discoverIssuer(server.url);
}

const claims = () => ({ iss: server.url, aud: CLIENT, sub: 'the-account', iat: 1_700_000_000, exp: 4_000_000_000 });

async function idTokenBy(alg: string): Promise<string> {
  if (alg === 'none') return new UnsecuredJWT(claims()).encode();
  const { privateKey } = await generateKeyPair(alg);
  return new SignJWT(claims()).setProtectedHeader({ alg }).sign(privateKey);
}

/** The account that a token names which comes with this ID token. */
async function subjectBy(announced: unknown, idToken: string): Promise<string | undefined> {
  const idTokenOf = await discover(announced);
  const answer = { access_token: 'opaque', token_type: 'Bearer', id_token: idToken };
  server.answer = { status: 200, body: JSON.stringify(answer) };
  const client = { tokenUrl: idTokenOf.tokenUrl, clientId: CLIENT, clientSecret: 'secret' };
  return (await grantClientCredentials(client, { idTokenOf })).idTokenSubject;
}

test.each(['RS256', 'ES256', 'PS256', 'EdDSA'])(
  'an ID token signed by %s, as announced, names the account',
  async (alg) => {
    expect(await subjectBy([alg, 'RS512'], await idTokenBy(alg))).toBe('the-account');
  },
);

test.each([
  ['another than announced', ['ES256'], 'RS256'],
  ['another than RS256 where nothing is announced', undefined, 'ES256'],
  ['another than RS256 where nothing sensible is announced', 'ES256', 'ES256'],
  ['none, though it be announced', ['none', 'RS256'], 'none'],
  ['none, though nothing else be announced', ['none'], 'none'],
])('an ID token signed by %s is refused', async (_what, announced, alg) => {
  await expect(subjectBy(announced, await idTokenBy(alg))).rejects.toMatchObject({ code: 'malformed' });
});

test('an ID token of another issuer is refused', async () => {
  const { privateKey } = await generateKeyPair('ES256');
  const foreign = { ...claims(), iss: 'https://elsewhere.example' };
  const idToken = await new SignJWT(foreign).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
  await expect(subjectBy(['ES256'], idToken)).rejects.toMatchObject({ code: 'malformed' });
});
