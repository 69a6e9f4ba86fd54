import { openActivityHarness, type ActivityHarness } from '../../test/support/activity-harness';
import { asKeycloakAdmin } from '../../test/support/outside';
import type { RealmKeys } from './realm-keys';

interface Component {
  name: string;
  providerType: string;
  subType?: string;
  config?: Record<string, string[]>;
}

const PUBLISHED = {
  RSA: ['enc RSA RSA-OAEP', 'sig RSA RS256'],
  EC: ['enc EC ECDH-ES', 'sig EC ES256'],
} satisfies Record<RealmKeys, string[]>;
const KINDS = Object.keys(PUBLISHED) as RealmKeys[];
const KEY_PROVIDER = 'org.keycloak.keys.KeyProvider';

let harness: ActivityHarness;
const workers: ActivityHarness[] = [];
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(async () => {
  await Promise.all(workers.map((it) => it.close()));
  await harness.close();
});

/** A tenant's realm that a worker of this setting has made, probed, and found without drift. */
async function openRealm(keys: RealmKeys) {
  const worker = harness.another({ KEYCLOAK_REALM_KEYS: keys });
  workers.push(worker);
  const tenant = await worker.newTenant();
  await worker.run('keycloak.create', tenant);
  await worker.run('keycloak.probe', tenant);
  const realm = `freeflow-${tenant.name}`;
  return { realm, drop: () => worker.run('keycloak.drop', tenant) };
}

async function publishedKeys(realm: string): Promise<string[]> {
  const response = await fetch(`${harness.info.keycloak.url}/realms/${realm}/protocol/openid-connect/certs`);
  const { keys } = (await response.json()) as { keys: Record<'use' | 'kty' | 'alg', string>[] };
  return keys.map(({ use, kty, alg }) => `${use} ${kty} ${alg}`).sort();
}

async function read(path: string): Promise<unknown> {
  return (await asKeycloakAdmin(harness.info, 'GET', path)).body;
}

/** Keycloak keeps some of these lists in no order. */
const inOrder = (config: Record<string, string[]> = {}) =>
  Object.entries(config).map(([key, values]) => [key, values.toSorted()]);

/** All that a realm is made of but its keys, without what is different for each realm. */
async function restOf(realm: string) {
  const { id, ...settings } = (await read(`/admin/realms/${realm}`)) as {
    id: string;
    defaultSignatureAlgorithm: string;
  };
  const components = (await read(`/admin/realms/${realm}/components`)) as Component[];
  const others = components
    .filter((it) => it.providerType !== KEY_PROVIDER)
    .map(({ name, providerType, subType, config }) =>
      JSON.stringify({ name, providerType, subType, config: inOrder(config) }),
    )
    .sort();
  const text = JSON.stringify({ settings: { ...settings, defaultSignatureAlgorithm: '' }, others });
  const named = text.replaceAll(realm, 'REALM').replaceAll(realm.replace('freeflow-', ''), 'NAME').replaceAll(id, 'ID');
  return JSON.parse(named.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')) as object;
}

test('a new realm publishes the keys that the setting names, and is the same realm else', async () => {
  const realms = { RSA: await openRealm('RSA'), EC: await openRealm('EC') } satisfies Record<RealmKeys, object>;
  for (const keys of KINDS) expect([keys, await publishedKeys(realms[keys].realm)]).toEqual([keys, PUBLISHED[keys]]);
  expect(await restOf(realms.EC.realm)).toEqual(await restOf(realms.RSA.realm));
  for (const { drop } of Object.values(realms)) await drop();
});

test('where a client of it wants RS256 all the same, a realm of elliptic-curve keys signs so', async () => {
  const { realm, drop } = await openRealm('EC');
  const secret = 'of-this-test';
  await asKeycloakAdmin(harness.info, 'POST', `/admin/realms/${realm}/clients`, {
    clientId: 'legacy',
    secret,
    serviceAccountsEnabled: true,
    attributes: { 'access.token.signed.response.alg': 'RS256' },
  });
  const response = await fetch(`${harness.info.keycloak.url}/realms/${realm}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'legacy', client_secret: secret }),
  });
  const { access_token: token = '' } = (await response.json()) as { access_token?: string };
  expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({ alg: 'RS256' });
  expect(await publishedKeys(realm)).toContain('sig RSA RS256');
  await drop();
});
