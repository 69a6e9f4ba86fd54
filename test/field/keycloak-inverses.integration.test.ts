import fc from 'fast-check';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { lastMessageOf } from './bench';
import { realmOf, wholeRealm, type Realm } from './keycloak-bench';

const RUNS = Number(process.env['FIELD_RUNS'] ?? 3);
const NOW = Math.floor(Date.now() / 1000);

let harness: ActivityHarness;
let tenant: Awaited<ReturnType<ActivityHarness['newTenant']>>;
let realm: Realm;
beforeAll(async () => {
  harness = await openActivityHarness();
  tenant = await harness.newTenant();
  await harness.run('keycloak.create', tenant);
  realm = realmOf(harness, tenant);
  await realm.change({ internationalizationEnabled: true, supportedLocales: ['de', 'en'] });
  await realm.call('POST', '/localization/de', { hello: 'hallo' });
  await realm.call('POST', '/users', { username: 'somebody', enabled: true });
  await realm.call('POST', '/groups', { name: 'some' });
  await realm.call('POST', '/identity-provider/instances', {
    alias: 'other',
    providerId: 'oidc',
    config: { clientId: 'c', clientSecret: 'hunter22', tokenUrl: 'https://h/t', authorizationUrl: 'https://h/a' },
  });
});
afterAll(async () => {
  await harness.run('keycloak.drop', tenant);
  await harness.close();
});

const isEnabled = async () => (await realm.call<{ enabled: boolean }>('GET', '')).enabled;
const notBefore = async () => (await realm.call<{ notBefore: number }>('GET', '')).notBefore;

const seconds = fc.integer({ min: 30, max: 9_000 });
const asText = seconds.map(String);
const attributes = fc.record(
  {
    cibaBackchannelTokenDeliveryMode: fc.constantFrom('poll', 'ping'),
    cibaExpiresIn: asText,
    cibaInterval: fc.integer({ min: 1, max: 60 }).map(String),
    cibaAuthRequestedUserHint: fc.constant('login_hint'),
    parRequestUriLifespan: asText,
    'acr.loa.map': fc.constantFrom('{}', '{"gold":"2"}'),
    frontendUrl: fc.constantFrom('', 'https://login.example.com'),
    shortVerificationUri: fc.constantFrom('', 'https://short.example.com'),
    'actionTokenGeneratedByUserLifespan.verify-email': asText,
    'of.an.extension': fc.string({ maxLength: 20 }).filter((it) => it.trim() !== ''),
  },
  { requiredKeys: [] },
);
// Not the algorithm of signatures: Keycloak makes a key for a new one when the first token is signed.
const settings = fc.record(
  {
    notBefore: fc.integer({ min: 0, max: NOW }),
    accessTokenLifespan: seconds,
    ssoSessionIdleTimeout: seconds,
    ssoSessionMaxLifespan: fc.integer({ min: 9_000, max: 99_000 }),
    offlineSessionMaxLifespanEnabled: fc.boolean(),
    oauth2DeviceCodeLifespan: seconds,
    oauth2DevicePollingInterval: fc.integer({ min: 1, max: 60 }),
    revokeRefreshToken: fc.boolean(),
    refreshTokenMaxReuse: fc.integer({ min: 0, max: 5 }),
    loginTheme: fc.constantFrom('keycloak', 'keycloak.v2'),
    displayNameHtml: fc.string({ maxLength: 30 }),
    defaultLocale: fc.constantFrom('de', 'en'),
    passwordPolicy: fc.constantFrom('', 'length(8)', 'length(9) and digits(1)'),
    otpPolicyDigits: fc.constantFrom(6, 8),
    otpPolicyPeriod: seconds,
    failureFactor: fc.integer({ min: 1, max: 99 }),
    permanentLockout: fc.boolean(),
    maxTemporaryLockouts: fc.integer({ min: 0, max: 9 }),
    bruteForceProtected: fc.boolean(),
    registrationAllowed: fc.boolean(),
    rememberMe: fc.boolean(),
    verifyEmail: fc.boolean(),
    resetPasswordAllowed: fc.boolean(),
    organizationsEnabled: fc.boolean(),
    adminPermissionsEnabled: fc.boolean(),
    eventsEnabled: fc.boolean(),
    eventsExpiration: seconds,
    enabledEventTypes: fc.uniqueArray(fc.constantFrom('LOGIN', 'LOGOUT', 'REGISTER')),
    adminEventsEnabled: fc.boolean(),
    adminEventsDetailsEnabled: fc.boolean(),
    webAuthnPolicyRpEntityName: fc.constantFrom('keycloak', 'acme'),
    webAuthnPolicyExtraOrigins: fc.constantFrom([], ['https://e.example.com']),
    webAuthnPolicyUserVerificationRequirement: fc.constantFrom('required', 'discouraged'),
    smtpServer: fc.constantFrom(
      {},
      { host: 'mail', from: 'a@example.com', auth: 'true', user: 'u', password: 'hunter22' },
    ),
    userManagedAccessAllowed: fc.boolean(),
    enabled: fc.boolean(),
  },
  { requiredKeys: [] },
);

test('suspend and resume give back the whole realm as it was, whatever it holds', async () => {
  await fc.assert(
    fc.asyncProperty(settings, attributes, async (chosen, more) => {
      const { attributes: has } = await realm.call<{ attributes: object }>('GET', '');
      await realm.change({ ...chosen, attributes: { ...has, ...more } });
      const before = await wholeRealm(realm);
      await harness.run('keycloak.disable', tenant);
      expect(await isEnabled()).toBe(false);
      await harness.run('keycloak.enable', tenant);
      expect(await wholeRealm(realm)).toEqual(before);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});

test('tokens that were revoked before a suspension stay revoked after it', async () => {
  await realm.change({ enabled: true, notBefore: NOW - 100 });
  await harness.run('keycloak.disable', tenant);
  await harness.run('keycloak.enable', tenant);
  expect(await notBefore()).toBe(NOW - 100);
});

test('tokens that were revoked while it was suspended stay revoked', async () => {
  await harness.run('keycloak.disable', tenant);
  await realm.change({ notBefore: NOW - 50 });
  // As by a soft delete after the suspension.
  await harness.run('keycloak.disable', tenant);
  await harness.run('keycloak.enable', tenant);
  expect(await notBefore()).toBe(NOW - 50);
});

test('an attempt at a suspension that is repeated keeps what was before the first', async () => {
  await realm.change({ enabled: true, notBefore: NOW - 100 });
  await harness.run('keycloak.disable', tenant);
  await harness.run('keycloak.disable', tenant);
  await harness.run('keycloak.enable', tenant);
  expect(await notBefore()).toBe(NOW - 100);
});

test('a realm that an administrator of the server has disabled himself stays so, and that is reported', async () => {
  await realm.change({ enabled: false });
  await harness.run('keycloak.disable', tenant);
  await harness.run('keycloak.enable', tenant);
  expect(await isEnabled()).toBe(false);
  expect(await lastMessageOf(harness, tenant, 'keycloak.enable')).toMatch(
    /had been disabled by an administrator of the server before, and stays so/,
  );
  await realm.change({ enabled: true });
});
