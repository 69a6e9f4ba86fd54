import { setUpKeycloak } from '../../backends/keycloak/provisioner/set-up';
import { newPassword } from '../../backends/passwords';
import { newName, openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { startHttpProxy, type HttpProxy, type Trouble } from '../support/http-proxy';
import { asKeycloakAdmin, observeFromOutside, NOTHING } from '../support/outside';
import { backendOf, lastMessageOf, target } from './bench';
import { realmOf } from './keycloak-bench';

const PATH = '/auth';

let harness: ActivityHarness;
let proxy: HttpProxy;
/** A worker that reaches Keycloak below a path of a proxy. */
let behind: ActivityHarness;
const trouble: Trouble = {};
beforeAll(async () => {
  harness = await openActivityHarness();
  proxy = await startHttpProxy(harness.info.keycloak.url, PATH, trouble);
  behind = harness.another({ KEYCLOAK_URL: proxy.origin + PATH });
});
afterEach(() => {
  delete trouble.rewrite;
  delete trouble.lateMs;
});
afterAll(async () => {
  await behind.close();
  await proxy.close();
  await harness.close();
});

/** A worker that has no token yet. */
async function fresh<T>(use: (worker: ActivityHarness) => Promise<T>): Promise<T> {
  const worker = harness.another({ KEYCLOAK_URL: proxy.origin + PATH });
  try {
    return await use(worker);
  } finally {
    await worker.close();
  }
}
const serverId = () => fresh((worker) => backendOf(worker, 'keycloak').serverId());

/** What `changes` makes of the answer of the token endpoint. */
const tokenAnswer = (changes: (answer: Record<string, unknown>) => unknown) => (url: string, body: string) =>
  url.endsWith('/openid-connect/token') ? JSON.stringify(changes(JSON.parse(body) as Record<string, unknown>)) : body;

/** A token without the claim that names its account. */
function withoutSubject(token: unknown): string {
  const [header, payload = '', signature] = String(token).split('.');
  const { sub: _account, ...claims } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<
    string,
    unknown
  >;
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

describe('which server it is', () => {
  test('is identified by an ID token where access tokens name no account, and is the same as ever', async () => {
    const known = await serverId();
    trouble.rewrite = tokenAnswer((it) => ({ ...it, access_token: withoutSubject(it['access_token']) }));
    expect(await serverId()).toBe(known);
    expect(known).toMatch(/^keycloak:[0-9a-f-]{36}$/);
  });

  test('is never taken for known where no token names an account', async () => {
    trouble.rewrite = tokenAnswer(({ id_token: _token, ...it }) => ({
      ...it,
      access_token: withoutSubject(it['access_token']),
    }));
    await expect(serverId()).rejects.toMatchObject({
      type: 'permission',
      message: expect.stringMatching(/give that client the client scope basic/),
    });
  });

  test.each([
    ['a page', () => '<html>'],
    ['no token', () => '{}'],
    ['a token that is none', tokenAnswer((it) => ({ ...it, access_token: 'nonsense' }))],
    ['a token of nonsense', tokenAnswer((it) => ({ ...it, access_token: 'a.bm9uc2Vuc2U.c' }))],
    ['null', () => 'null'],
  ])('is not guessed from %s in place of a token', async (_what, rewrite) => {
    trouble.rewrite = (url, body) => (url.endsWith('/openid-connect/token') ? rewrite(url, body) : body);
    await expect(serverId()).rejects.toMatchObject({
      type: 'server-error',
      message: expect.stringMatching(/returned no token/),
    });
  });
});

/** Of the next test; a later one drops it. */
let standing: Awaited<ReturnType<ActivityHarness['newTenant']>>;

test('a token that the server takes no longer is renewed, and the call repeated', async () => {
  const tenant = (standing = await harness.newTenant());
  await harness.run('keycloak.create', tenant);
  const { clientId } = harness.info.keycloak.provisioner;
  const { body } = await asKeycloakAdmin(harness.info, 'GET', `/admin/realms/master/clients?clientId=${clientId}`);
  const [client] = body as { id: string }[];
  const { body: account } = await asKeycloakAdmin(
    harness.info,
    'GET',
    `/admin/realms/master/clients/${client?.id ?? ''}/service-account-user`,
  );
  // All tokens of the provisioner that were issued up to now.
  await asKeycloakAdmin(harness.info, 'PUT', `/admin/realms/master/users/${(account as { id: string }).id}`, {
    ...(account as object),
    notBefore: Math.floor(Date.now() / 1000),
  });
  const held = await target(harness, tenant, 'keycloak');
  await expect(backendOf(harness, 'keycloak').inspect(held)).resolves.toMatchObject({ state: 'ours' });
});

test('a realm that is made only after its create was given up does not outlive the hard delete', async () => {
  const tenant = await harness.newTenant();
  trouble.lateMs = (method, url) => (method === 'POST' && /^\/admin\/realms\/?$/.test(url) ? 2_000 : undefined);
  await expect(behind.run('keycloak.create', tenant)).rejects.toMatchObject({ type: 'unreachable' });
  // The rest of the minutes for which a server may go on with a call that is no longer waited for.
  const where = { tenantId_kind: { tenantId: tenant.tenantId, kind: 'keycloak' } } as const;
  await harness.db.tenantResource.update({ where, data: { callStartedAt: new Date(Date.now() - 50_000) } });
  await harness.run('keycloak.drop', tenant);
  expect(await lastMessageOf(harness, tenant, 'keycloak.drop')).toMatch(/dropped and seen absent/);
  expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
});

/** What realm master keeps of a tenant's realm: a client, whose roles are the rights over it. */
async function tracesInMaster(name: string): Promise<unknown> {
  const { body } = await asKeycloakAdmin(
    harness.info,
    'GET',
    `/admin/realms/master/clients?search=true&clientId=${name}`,
  );
  const { body: roles } = await asKeycloakAdmin(harness.info, 'GET', `/admin/realms/master/roles?search=${name}`);
  return [body, roles];
}

test('all that stands in a realm goes with it, and nothing of it is left in realm master, also where the drop got no answer', async () => {
  const tenant = standing;
  const realm = realmOf(harness, tenant);
  await realm.change({ organizationsEnabled: true });
  await realm.call('POST', '/users', { username: 'somebody', enabled: true });
  await realm.call('POST', '/clients', { clientId: 'another', serviceAccountsEnabled: true });
  await realm.call('POST', '/organizations', { name: 'org', alias: 'org', domains: [{ name: 'org.example.com' }] });
  await realm.call('POST', '/identity-provider/instances', {
    alias: 'other',
    providerId: 'oidc',
    config: { clientId: 'c', tokenUrl: 'https://h/t', authorizationUrl: 'https://h/a' },
  });
  expect(await tracesInMaster(realm.name)).toMatchObject([[{ clientId: `${realm.name}-realm` }], []]);
  trouble.lateMs = (method) => (method === 'DELETE' ? 0 : undefined);
  await expect(behind.run('keycloak.drop', tenant)).rejects.toMatchObject({ type: 'unreachable' });
  delete trouble.lateMs;
  const where = { tenantId_kind: { tenantId: tenant.tenantId, kind: 'keycloak' } } as const;
  await harness.db.tenantResource.update({ where, data: { callStartedAt: new Date(Date.now() - 60_000) } });
  await behind.run('keycloak.drop', tenant);
  expect(await tracesInMaster(realm.name)).toEqual([[], []]);
  expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
});

test('the last realm of a provisioner, which then sees none at all and is refused the list of them, is gone for it like any other', async () => {
  const name = newName('lonely');
  const { password } = await setUpKeycloak({
    owner: harness.info.keycloak,
    name,
    password: { isForced: false, value: newPassword() },
  });
  const lonely = harness.another({ KEYCLOAK_CLIENT_ID: name, KEYCLOAK_CLIENT_SECRET: password });
  const tenant = await harness.newTenant();
  await lonely.run('keycloak.create', tenant);
  // As by an administrator, or by a call whose answer got lost.
  await asKeycloakAdmin(harness.info, 'DELETE', `/admin/realms/freeflow-${tenant.name}`);
  await lonely.run('keycloak.drop', tenant);
  expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
  await lonely.close();
});

test('a realm that an administrator has renamed is never taken for gone by drop or disable: its new name is told; one whose name differs by case is another one, and stays', async () => {
  const tenant = await harness.newTenant();
  const { name } = realmOf(harness, tenant);
  const theirs = name.toUpperCase();
  await asKeycloakAdmin(harness.info, 'POST', '/admin/realms', { realm: theirs, enabled: true });
  await harness.run('keycloak.create', tenant);
  await asKeycloakAdmin(harness.info, 'PUT', `/admin/realms/${name}`, { realm: `x-${name}` });
  for (const verb of ['drop', 'disable'] as const)
    await expect(harness.run(`keycloak.${verb}`, tenant)).rejects.toMatchObject({
      type: 'changed-resource',
      message: expect.stringMatching(`was renamed to x-${name} .*give it its name back`),
    });
  await asKeycloakAdmin(harness.info, 'PUT', `/admin/realms/x-${name}`, { realm: name });
  await harness.run('keycloak.drop', tenant);
  expect(await observeFromOutside(harness.info, tenant.name)).toEqual(NOTHING);
  expect((await asKeycloakAdmin(harness.info, 'GET', `/admin/realms/${theirs}`)).status).toBe(200);
  await asKeycloakAdmin(harness.info, 'DELETE', `/admin/realms/${theirs}`);
});

test('a client that stands in realm master already, of the name that a realm needs there, keeps no tenant from being made and goes with it', async () => {
  const tenant = await harness.newTenant();
  const { name } = realmOf(harness, tenant);
  await asKeycloakAdmin(harness.info, 'POST', '/admin/realms/master/clients', { clientId: `${name}-realm` });
  for (const step of ['create', 'probe', 'disable', 'enable', 'drop'] as const)
    await harness.run(`keycloak.${step}`, tenant);
  expect(await tracesInMaster(name)).toEqual([[], []]);
});
