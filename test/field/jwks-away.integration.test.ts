import { openApiBench, type ApiBench } from '../support/api-bench';
import { openIssuer, type Issuer, type Publication } from '../support/issuer';
import { until } from '../support/until';

const REFRESH_MS = 100;

let bench: ApiBench;

beforeAll(async () => {
  bench = await openApiBench({ AUTH_JWKS_REFRESH_MS: String(REFRESH_MS) });
});
beforeEach(async () => {
  bench.issuer.publish(undefined);
  await until('its keys are known', async () => (await statusFor(await bench.issuer.token())) === 200);
});
afterAll(() => bench.close());

const statusFor = async (token: string, at = bench): Promise<number> =>
  (await at.request('GET', '/tenants?limit=1', { token })).status;

/** Waits until the keys have been requested so many times more. */
const requestRepeatedly = async (times: number): Promise<void> => {
  const from = bench.issuer.asked;
  await until('the keys have been asked for again', async () => bench.issuer.asked >= from + times);
};

const OUTAGES: [string, Publication][] = [
  ['answers 503', { status: 503 }],
  ['answers 404', { status: 404 }],
  ['redirects to elsewhere', { status: 302 }],
  ['is silent', 'silence'],
  ['answers what is no JSON', { body: '<html>maintenance</html>' }],
  ['answers what is no set of keys', { body: '{"error":"later"}' }],
  ['publishes no key at all', { body: '{"keys":[]}' }],
  ['publishes no key for signatures', { body: '{"keys":[{"kty":"RSA","use":"enc"}]}' }],
  ['publishes keys without a type', { body: '{"keys":[{}]}' }],
];

test.each(OUTAGES)('known keys go on working while their issuer %s, for as long as it takes', async (_how, outage) => {
  const { issuer } = bench;
  const token = await issuer.token();
  issuer.publish(outage);
  // Past every age at which they would be renewed.
  await requestRepeatedly(outage === 'silence' ? 1 : 3);
  expect(await statusFor(token)).toBe(200);
});

test('a key that is not known can not be judged while the issuer is away: 503, not 401', async () => {
  const { issuer } = bench;
  issuer.publish({ status: 503 });
  await requestRepeatedly(2);
  const stranger = await issuer.token({}, { key: await issuer.newKey('RS256'), kid: 'unknown' });
  expect(await bench.request('GET', '/tenants', { token: stranger })).toMatchObject({
    status: 503,
    body: { code: 'identity-provider-unavailable' },
  });
});

test('a key taken back at the issuer stops working, also where that happened while it was away', async () => {
  const { issuer } = bench;
  const token = await issuer.token();
  issuer.publish({ status: 503 });
  await issuer.rotate('another');
  await requestRepeatedly(2);
  expect(await statusFor(token)).toBe(200);
  issuer.publish(undefined);
  await until('the old key is refused', async () => (await statusFor(token)) === 401);
});

describe('where the keys are not due for hours', () => {
  let issuer: Issuer;
  let patient: ApiBench;
  beforeAll(async () => {
    issuer = await openIssuer();
    issuer.publish({ status: 503 });
    patient = await openApiBench({ AUTH_JWKS_REFRESH_MS: '3600000' }, issuer);
  });
  afterAll(() => patient.close());

  test('started while the issuer is away, the API lets people in as soon as it answers', async () => {
    expect(await patient.request('GET', '/tenants')).toMatchObject({
      status: 503,
      body: { code: 'identity-provider-unavailable' },
    });
    issuer.publish(undefined);
    expect(await statusFor(await issuer.token(), patient)).toBe(200);
  });

  test('a key that is not known is fetched at once', async () => {
    await issuer.rotate('new');
    expect(await statusFor(await issuer.token(), patient)).toBe(200);
  });

  test('tokens by keys that no issuer publishes do not make the API ask again and again', async () => {
    const stranger = await issuer.newKey('RS256');
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, at) => issuer.token({}, { key: stranger, kid: `unknown-${at}` })),
    );
    const before = issuer.asked;
    expect(new Set(await Promise.all(tokens.map((it) => statusFor(it, patient))))).toEqual(new Set([401]));
    expect(issuer.asked - before).toBeLessThanOrEqual(2);
  });
});
