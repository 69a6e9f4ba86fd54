import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { lastMessageOf } from './bench';
import { realmOf, type Realm } from './keycloak-bench';

let harness: ActivityHarness;
let tenant: Awaited<ReturnType<ActivityHarness['newTenant']>>;
let realm: Realm;
beforeAll(async () => {
  harness = await openActivityHarness();
  tenant = await harness.newTenant();
  await harness.run('keycloak.create', tenant);
  realm = realmOf(harness, tenant);
});
afterAll(async () => {
  await harness.run('keycloak.drop', tenant);
  await harness.close();
});

const account = async () =>
  realm.call<{ id: string }>('GET', `/clients/${(await realm.client()).id}/service-account-user`);
const withAttributes = async (more: Record<string, string>) =>
  realm.changeClient({ attributes: { ...(await realm.client()).attributes, ...more } });
const lastReport = async () => lastMessageOf(harness, tenant, 'keycloak.enable');

async function suspendAndResume(): Promise<void> {
  await harness.run('keycloak.disable', tenant);
  await harness.run('keycloak.enable', tenant);
}

type Change = readonly [what: string, change: () => Promise<unknown>, report: RegExp];

// As its first administrator may, who manages clients and users of the realm.
const BREAKING: readonly Change[] = [
  [
    'rotated its secret',
    () => realm.changeClient({ secret: 'another' }),
    /had changed client freeflow-app \(its secret\)/,
  ],
  [
    'disabled its client and its service account',
    () => realm.changeClient({ enabled: false, serviceAccountsEnabled: false }),
    /\(enabled, serviceAccountsEnabled\)/,
  ],
  ['made its client public', () => realm.changeClient({ publicClient: true }), /publicClient/],
  [
    'demanded a signed JWT of its client',
    () => realm.changeClient({ clientAuthenticatorType: 'client-jwt' }),
    /clientAuthenticatorType/,
  ],
  ['made its client one of SAML', () => realm.changeClient({ protocol: 'saml' }), /protocol/],
  [
    'demanded more of a login than the secret',
    () => withAttributes({ 'dpop.bound.access.tokens': 'true', 'tls.client.certificate.bound.access.tokens': 'true' }),
    /dpop\.bound\.access\.tokens, tls\.client/,
  ],
  [
    'renamed its client',
    () => realm.changeClient({ clientId: `renamed${Date.now()}` }),
    /client freeflow-app was missing, and was created again/,
  ],
  [
    'deleted its client',
    async () => realm.call('DELETE', `/clients/${(await realm.client()).id}`),
    /client freeflow-app was missing, and was created again/,
  ],
  [
    'disabled the service account',
    async () => realm.call('PUT', `/users/${(await account()).id}`, { ...(await account()), enabled: false }),
    /service account of client freeflow-app was disabled/,
  ],
  [
    'deleted the service account',
    async () => realm.call('DELETE', `/users/${(await account()).id}`),
    /access to .* restored/,
  ],
];

test.each(BREAKING)(
  'a tenant that has %s gets what is stored again by suspend and resume, and that is reported',
  async (_what, change, report) => {
    await change();
    expect(await realm.logIn()).not.toBe(200);
    await suspendAndResume();
    expect(await realm.logIn()).toBe(200);
    expect(await lastReport()).toMatch(report);
  },
);

const scopes = async () =>
  realm.call<{ id: string }[]>('GET', `/clients/${(await realm.client()).id}/default-client-scopes`);

const HARMLESS: readonly (readonly [what: string, change: () => Promise<unknown>])[] = [
  [
    'has all rights that its administrator has',
    async () => {
      const [management] = await realm.call<{ id: string }[]>('GET', '/clients?clientId=realm-management');
      const roles = await realm.call<{ name: string }[]>('GET', `/clients/${management?.id ?? ''}/roles`);
      const held = roles.filter(({ name }) =>
        [
          'view-users',
          'manage-users',
          'view-realm',
          'view-events',
          'manage-clients',
          'view-clients',
          'query-users',
          'query-groups',
          'query-clients',
        ].includes(name),
      );
      await realm.call('POST', `/users/${(await account()).id}/role-mappings/clients/${management?.id ?? ''}`, held);
    },
  ],
  [
    'has no scopes',
    async () => {
      const { id } = await realm.client();
      for (const it of await scopes()) await realm.call('DELETE', `/clients/${id}/default-client-scopes/${it.id}`);
    },
  ],
  [
    'has light tokens of a second, and demands consent, pushed requests and signed ones',
    async () => {
      await withAttributes({
        'access.token.lifespan': '1',
        'client.use.lightweight.access.token.enabled': 'true',
        'require.pushed.authorization.requests': 'true',
        'request.object.required': 'request or request_uri',
      });
      await realm.changeClient({ consentRequired: true });
    },
  ],
  [
    'maps a claim of its own over the one that names its account',
    async () =>
      realm.call('POST', `/clients/${(await realm.client()).id}/protocol-mappers/models`, {
        name: 'sub',
        protocol: 'openid-connect',
        protocolMapper: 'oidc-hardcoded-claim-mapper',
        config: { 'claim.name': 'sub', 'claim.value': 'me', 'access.token.claim': 'true', 'jsonType.label': 'String' },
      }),
  ],
];

test.each(HARMLESS)('a client that %s is probed all the same, and stays as it is', async (_what, change) => {
  await change();
  const before = await realm.client();
  const scopesBefore = await scopes();
  await harness.run('keycloak.probe', tenant);
  await suspendAndResume();
  expect({ client: await realm.client(), scopes: await scopes() }).toEqual({ client: before, scopes: scopesBefore });
  expect(await lastReport()).not.toMatch(/had changed|was gone|refuses/);
});

test('a client that is deleted while the tenant is suspended keeps neither suspend nor resume from being done', async () => {
  await harness.run('keycloak.disable', tenant);
  await realm.call('DELETE', `/clients/${(await realm.client()).id}`);
  await harness.run('keycloak.disable', tenant);
  await harness.run('keycloak.enable', tenant);
  expect(await realm.logIn()).toBe(200);
});

test("a tenant's own broken credentials are never reported as the provisioner's", async () => {
  await realm.changeClient({ secret: 'another' });
  await expect(harness.run('keycloak.probe', tenant)).rejects.toMatchObject({
    type: 'probe-refused',
    message: expect.stringMatching(/refuses the tenant's own client freeflow-app/),
  });
  await suspendAndResume();
});
