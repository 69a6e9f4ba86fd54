import { randomUUID } from 'node:crypto';
import type { PooledResource } from '@freeflow/db-master';
import { lastMessageOf, entryOf } from '../../test/field/bench';
import { inOrder, realmOf, wholeRealm } from '../../test/field/keycloak-bench';
import type { ActivityHarness } from '../../test/support/activity-harness';
import { startHttpProxy, type Trouble } from '../../test/support/http-proxy';
import { asKeycloakAdmin } from '../../test/support/outside';
import { keepUntilDone, leaveOfCall, openPooledHarness, pooledIn, realmIdOf } from '../../test/support/pool';
import { sampleOf } from '../../test/support/sample';
import { until } from '../../test/support/until';
import { Installation } from '../installation';
import { Ledger } from '../ledger';

type Tenant = Awaited<ReturnType<ActivityHarness['newTenant']>>;

const SIZE = 2;

/** The calls that make a blank realm a tenant's, in their order. */
const CALLS = {
  'the role': /\/roles-by-id\//,
  'the client': /\/clients\//,
  'the password': /\/reset-password$/,
  'the new name': /\/admin\/realms\/freeflow-pool-[0-9a-f]+$/,
} as const;
const WHATS = ['the role', 'the client', 'the password', 'the new name'] as const satisfies (keyof typeof CALLS)[];

let harness: ActivityHarness;
const closing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  harness = await openPooledHarness(SIZE);
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => harness.close());

const create = (tenant: Tenant, by = harness) => by.run('keycloak.create', tenant);
const drop = (tenant: Tenant, by = harness) => by.run('keycloak.drop', tenant);
const stateOf = async (tenant: Tenant) => (await entryOf(harness, tenant, 'keycloak')).state;
/** What has the tenant's name, and what has that of its blank realm. */
const realmsOf = (tenant: Tenant, blank: string) =>
  Promise.all([realmName(tenant), blank].map((it) => realmIdOf(harness, it)));
const realmName = ({ name }: { name: string }) => `freeflow-${name}`;

/** The name of the blank realm that the next create claims. */
async function nextBlank(): Promise<string> {
  const [first] = await keepUntilDone(harness);
  if (first === undefined) throw new Error('the pool is empty');
  return first.name;
}

/** The entry that an attempt at the create records, before its first call; by what the blank realms are, or were. */
async function intend(tenant: Tenant, given?: PooledResource): Promise<void> {
  const { serverId = '', template = '' } = given ?? (await pooledIn(harness))[0] ?? {};
  const ledger = new Ledger(harness.db, new Installation(harness.db));
  const { tenantId, operationId, runId } = tenant;
  const resource = { tenantId, kind: 'keycloak', name: realmName(tenant) } as const;
  await ledger.intend(resource, { serverId, template, operationId, runId });
}

/** A tenant whose create has claimed a blank realm, and has died before its first call. */
async function claimOnly(): Promise<{ tenant: Tenant; blank: string }> {
  const blank = await nextBlank();
  const tenant = await harness.newTenant();
  await intend(tenant);
  expect(await entryOf(harness, tenant, 'keycloak')).toMatchObject({ state: 'intended', formerName: blank });
  return { tenant, blank };
}

/** Another worker, whose calls to Keycloak get into trouble. */
async function inTrouble(trouble: Trouble): Promise<ActivityHarness> {
  const proxy = await startHttpProxy(harness.info.keycloak.url, '/kc', trouble);
  const worker = harness.another({ KEYCLOAK_URL: `${proxy.origin}/kc`, KEYCLOAK_POOL_SIZE: String(SIZE) });
  closing.push(() => worker.close(), proxy.close);
  return worker;
}

/**
 * All that can be read of a tenant's realm, without what differs between any two: names, ids, secrets, keys and times.
 */
async function comparable(tenant: Tenant): Promise<unknown> {
  const realm = realmOf(harness, tenant);
  const users = await realm.call<{ id: string; username: string }[]>('GET', '/users?briefRepresentation=false');
  const admin = users.find((it) => it.username === 'admin')?.id ?? '';
  const client = (await realm.client()).id;
  const more = await Promise.all(
    [
      `/users/${admin}`,
      `/users/${admin}/role-mappings`,
      `/users/${admin}/credentials`,
      `/clients/${client}/default-client-scopes`,
      `/clients/${client}/service-account-user`,
    ].map((it) => realm.call('GET', it)),
  );
  const text = JSON.stringify([await wholeRealm(realm), users, ...more])
    .replaceAll(tenant.name, 'NAME')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/"(secret|kid|publicKey|certificate|privateKey|RS256|RSA-OAEP|ES256|ECDH-ES)":"[^"]*"/g, '"$1":"..."')
    .replaceAll(/"(createdTimestamp|createdDate|validTo)":\d+/g, '"$1":0');
  // What was ordered by an id before isn't any more.
  return inOrder(JSON.parse(text));
}

describe('a create that claims a blank realm', () => {
  /** What the first test makes, and the second looks at. */
  let [tenants, blanks]: [Tenant[], PooledResource[]] = [[], []];
  const isBlank = (nonce: string | null) => blanks.some((it) => it.nonce === nonce);

  test('has one of its own, though two workers create at once, and one more than there are is created', async () => {
    blanks = await keepUntilDone(harness);
    const worker = harness.another({ KEYCLOAK_POOL_SIZE: String(SIZE) });
    closing.push(() => worker.close());
    tenants = [await harness.newTenant(), await harness.newTenant(), await harness.newTenant()];
    await Promise.all(tenants.map((it, n) => create(it, n === 1 ? worker : harness)));
    const nonces = await Promise.all(tenants.map(async (it) => (await entryOf(harness, it, 'keycloak')).nonce));
    expect(new Set(nonces).size).toBe(3);
    expect(nonces.filter((it) => isBlank(it)).toSorted()).toEqual(blanks.map((it) => it.nonce).toSorted());
    expect(await pooledIn(harness)).toEqual([]);
    for (const tenant of tenants) await harness.run('keycloak.probe', tenant);
  });

  test('gives a realm that differs in nothing from one that was created, and mentions the old name nowhere', async () => {
    const nonces = await Promise.all(tenants.map(async (it) => (await entryOf(harness, it, 'keycloak')).nonce));
    const [claimed, created] = [true, false].map((was) => tenants.find((_it, n) => isBlank(nonces[n] ?? '') === was));
    if (claimed === undefined || created === undefined) throw new Error('there was none of either kind');
    const { state, formerName, callStartedAt, nonce } = await entryOf(harness, claimed, 'keycloak');
    const blank = blanks.find((it) => it.nonce === nonce)?.name ?? '';

    expect({ state, formerName, callStartedAt, nonce }).toEqual({
      state: 'present',
      formerName: null,
      callStartedAt: null,
      nonce: await realmIdOf(harness, realmName(claimed)),
    });
    expect(await lastMessageOf(harness, claimed, 'keycloak.create')).toMatch(
      new RegExp(`made of the blank realm ${blank}$`),
    );
    expect(await lastMessageOf(harness, created, 'keycloak.create')).not.toContain('blank');
    const [one, other] = [await comparable(claimed), await comparable(created)];
    expect(one).toEqual(other);
    expect(JSON.stringify(one)).toContain('default-roles-freeflow-NAME');
    expect(JSON.stringify(one)).not.toContain(blank);
    expect(await realmOf(harness, claimed).logIn()).toBe(200);
    for (const tenant of tenants) await drop(tenant);
  });

  test('died before its first call: its undo drops the blank realm, and reads back that both names are absent', async () => {
    const { tenant, blank } = await claimOnly();
    await drop(tenant);
    expect(await realmIdOf(harness, blank)).toBeUndefined();
    const { state, evidence } = await entryOf(harness, tenant, 'keycloak');
    expect({ state, evidence: JSON.stringify(evidence) }).toEqual({
      state: 'absent',
      evidence: expect.stringMatching(`realm ${realmName(tenant)}, as anybody.*realm ${blank}, as anybody`),
    });
  });

  /** A create that gets no answer to the call of this path, which takes effect. */
  async function cutOff(tenant: Tenant, path: RegExp): Promise<void> {
    const worker = await inTrouble({ lateMs: (method, url) => (method === 'PUT' && path.test(url) ? 1 : undefined) });
    await expect(create(tenant, worker)).rejects.toMatchObject({ type: 'unreachable' });
    expect((await entryOf(harness, tenant, 'keycloak')).callStartedAt).not.toBeNull();
    // That of the last call is seen; to the others it makes no difference when they take effect.
    if (path === CALLS['the new name']) await until('it has its new name', () => realmIdOf(harness, realmName(tenant)));
  }

  test('died before its first call, then got no answer to any of its calls in turn, which take effect: each next attempt goes on with the same one, and the last completes it', async () => {
    const { tenant, blank } = await claimOnly();
    const { nonce } = await entryOf(harness, tenant, 'keycloak');
    for (const path of Object.values(CALLS)) await cutOff(tenant, path);
    await create(tenant);
    await harness.run('keycloak.probe', tenant);
    expect(await entryOf(harness, tenant, 'keycloak')).toMatchObject({ state: 'present', nonce });
    expect(await realmsOf(tenant, blank)).toEqual([nonce, undefined]);
    await leaveOfCall(harness, tenant.tenantId);
    await drop(tenant);
  });

  // Before the new name the realm stands under its old one, whichever call was the last: in the short form one of
  // these.
  test.each(sampleOf(WHATS, (it) => it === 'the password' || it === 'the new name'))(
    'gets no answer to %s, which takes effect: an undo finds it',
    async (what) => {
      const { tenant, blank } = await claimOnly();
      await cutOff(tenant, CALLS[what]);
      await leaveOfCall(harness, tenant.tenantId);
      await drop(tenant);
      expect(await realmsOf(tenant, blank)).toEqual([undefined, undefined]);
    },
  );

  test('gets no answer to the new name, which takes effect in the middle of the undo: nothing is left under either', async () => {
    const blank = await nextBlank();
    const tenant = await harness.newTenant();
    const worker = await inTrouble({
      lateMs: (method, url) => (method === 'PUT' && url.endsWith(blank) ? 3_000 : undefined),
    });
    await expect(create(tenant, worker)).rejects.toMatchObject({ type: 'unreachable' });
    await leaveOfCall(harness, tenant.tenantId, 10_000);
    await drop(tenant);
    expect(await realmsOf(tenant, blank)).toEqual([undefined, undefined]);
    expect(await stateOf(tenant)).toBe('absent');
  });

  test('finds a realm of another party under its name: that stays, and the undo drops the blank one', async () => {
    const { tenant, blank } = await claimOnly();
    await asKeycloakAdmin(harness.info, 'POST', '/admin/realms', { realm: realmName(tenant), enabled: true });
    const theirs = await realmIdOf(harness, realmName(tenant));
    await expect(create(tenant)).rejects.toMatchObject({ type: 'foreign-resource' });
    await drop(tenant);
    expect(await realmIdOf(harness, realmName(tenant))).toBe(theirs);
    expect(await realmIdOf(harness, blank)).toBeUndefined();
    await asKeycloakAdmin(harness.info, 'DELETE', `/admin/realms/${realmName(tenant)}`);
  });

  test.each([
    ['is gone', (blank: string) => asKeycloakAdmin(harness.info, 'DELETE', `/admin/realms/${blank}`)],
    [
      'has lost its admin',
      async (blank: string) => {
        const { body } = await asKeycloakAdmin(harness.info, 'GET', `/admin/realms/${blank}/users?username=admin`);
        const [admin] = body as { id: string }[];
        return asKeycloakAdmin(harness.info, 'DELETE', `/admin/realms/${blank}/users/${admin?.id}`);
      },
    ],
  ])('finds that its blank realm %s: it creates one, by the same nonce', async (_what, spoil) => {
    const { tenant, blank } = await claimOnly();
    expect((await spoil(blank)).status).toBe(204);
    await create(tenant);
    await harness.run('keycloak.probe', tenant);
    const { nonce } = await entryOf(harness, tenant, 'keycloak');
    expect(await realmsOf(tenant, blank)).toEqual([nonce, undefined]);
    expect(await lastMessageOf(harness, tenant, 'keycloak.create')).not.toContain('blank');
    await drop(tenant);
  });

  test.each([
    ['is being undone', { undoing: true }],
    ['has ended', { endedAt: new Date() }],
    ['has another run by now', { runId: randomUUID() }],
  ])('claims none for an operation that %s: nobody would drop it', async (_what, data) => {
    const rows = await keepUntilDone(harness);
    const tenant = await harness.newTenant();
    await harness.db.tenantOperation.update({ where: { id: tenant.operationId }, data });
    await intend(tenant);
    expect((await entryOf(harness, tenant, 'keycloak')).formerName).toBeNull();
    expect(await pooledIn(harness)).toEqual(rows);
  });

  test.each([
    ['of another template', { template: 'another' }],
    ['of another server', { serverId: 'keycloak:another' }],
    ['not whole yet', { state: 'intended' }],
    ['discarded', { state: 'discarded' }],
  ])('claims none that is %s', async (_what, data) => {
    const rows = await keepUntilDone(harness);
    await harness.db.pooledResource.updateMany({ data });
    const tenant = await harness.newTenant();
    await intend(tenant, rows[0]);
    expect((await entryOf(harness, tenant, 'keycloak')).formerName).toBeNull();
    expect(await pooledIn(harness)).toHaveLength(rows.length);
    for (const { id, template, serverId, state } of rows)
      await harness.db.pooledResource.update({ where: { id }, data: { template, serverId, state } });
  });
});
