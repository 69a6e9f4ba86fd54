import type { PooledResource } from '@freeflow/db-master';
import type { ActivityHarness } from '../../test/support/activity-harness';
import { startHttpProxy } from '../../test/support/http-proxy';
import { asKeycloakAdmin } from '../../test/support/outside';
import {
  endOperations,
  keepOnce,
  keepUntilDone,
  openPooledHarness,
  pooledIn,
  realmIdOf,
} from '../../test/support/pool';
import { until } from '../../test/support/until';
import { startPoolKeepers } from './start';

let harness: ActivityHarness;
const closing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  harness = await openPooledHarness(1);
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => harness.close());

function another(env: Record<string, string>): ActivityHarness {
  const worker = harness.another(env);
  closing.push(() => worker.close());
  return worker;
}

const change = (data: Partial<PooledResource>) => harness.db.pooledResource.updateMany({ data });
const statesOf = (rows: readonly PooledResource[]) => rows.map((it) => it.state);
/** Whether a sweep would start what keeps the pool. */
async function isStarted(by = harness): Promise<boolean> {
  let started = false;
  await startPoolKeepers(by.db, by.backends, async () => {
    started = true;
  });
  return started;
}

/** The one blank realm that there is. */
async function onlyBlank(): Promise<PooledResource> {
  const rows = await keepUntilDone(harness);
  expect(statesOf(rows)).toEqual(['ready']);
  const [row] = rows;
  if (row === undefined) throw new Error('the pool is empty');
  return row;
}

describe('a pool', () => {
  test('is filled to its size, by realms in which nobody can log in; then there is nothing to do', async () => {
    await endOperations(harness);
    expect(await isStarted()).toBe(true);
    const { name, nonce } = await onlyBlank();
    expect(await realmIdOf(harness, name)).toBe(nonce);
    const { body } = await asKeycloakAdmin(harness.info, 'GET', `/admin/realms/${name}`);
    expect(body).toMatchObject({ enabled: false });
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'freeflow-app',
      client_secret: '',
    });
    const login = await fetch(`${harness.info.keycloak.url}/realms/${name}/protocol/openid-connect/token`, {
      method: 'POST',
      body: form,
    });
    expect(await login.text()).toContain('Realm not enabled');
    expect(await isStarted()).toBe(false);
    expect(await keepOnce(harness)).toBe('done');
  });

  test('gives way to operations under way, not to those that are parked or have not moved for long', async () => {
    await onlyBlank();
    const { operationId } = await harness.newTenant();
    await change({ template: 'another' });
    expect([await isStarted(), await keepOnce(harness), statesOf(await pooledIn(harness))]).toEqual([
      false,
      'done',
      ['ready'],
    ]);
    await harness.db.tenantOperation.update({ where: { id: operationId }, data: { state: 'parked' } });
    expect(await isStarted()).toBe(true);
    await harness.db.tenantOperation.update({
      where: { id: operationId },
      data: { state: 'running', updatedAt: new Date(Date.now() - 600_000) },
    });
    expect(await isStarted()).toBe(true);
  });

  test.each([
    ['of another template', { template: 'another' }],
    ['a week old', { createdAt: new Date(Date.now() - 8 * 24 * 3_600_000) }],
    ['left half made by a worker that died before its call', { state: 'intended' }],
  ])('replaces what is %s', async (_what, data) => {
    const before = await onlyBlank();
    await change(data);
    expect(await isStarted()).toBe(true);
    const after = await onlyBlank();
    expect(after.nonce).not.toBe(before.nonce);
    expect([await realmIdOf(harness, before.name), await realmIdOf(harness, after.name)]).toEqual([
      undefined,
      after.nonce,
    ]);
  });

  test('believes no absence while a call that made one could still take effect', async () => {
    const before = await onlyBlank();
    await change({ state: 'intended', callStartedAt: new Date() });
    let last = await keepOnce(harness);
    while (last === 'again') last = await keepOnce(harness);
    expect(last).toBe('later');
    expect(await realmIdOf(harness, before.name)).toBeUndefined();
    const rows = await pooledIn(harness);
    expect(statesOf(rows).toSorted()).toEqual(['discarded', 'ready']);
    // As if that call had taken effect after all.
    await asKeycloakAdmin(harness.info, 'POST', '/admin/realms', { id: before.nonce, realm: before.name });
    await harness.db.pooledResource.updateMany({
      where: { nonce: before.nonce },
      data: { callStartedAt: new Date(Date.now() - 600_000) },
    });
    expect(statesOf(await keepUntilDone(harness))).toEqual(['ready']);
  });

  test('hands out nothing that the server has not answered to have made', async () => {
    await keepUntilDone(another({ KEYCLOAK_POOL_SIZE: '0' }));
    const proxy = await startHttpProxy(harness.info.keycloak.url, '/kc', {
      lateMs: (method, url) => (method === 'POST' && /^\/admin\/realms\/?$/.test(url) ? 1 : undefined),
    });
    closing.push(() => proxy.close());
    const worker = another({ KEYCLOAK_URL: `${proxy.origin}/kc`, KEYCLOAK_POOL_SIZE: '1' });
    await expect(keepOnce(worker)).rejects.toMatchObject({ type: 'unreachable' });
    const [row] = await pooledIn(harness);
    expect(row).toMatchObject({ state: 'discarded', callStartedAt: expect.any(Date) });
    await until('the call has taken effect', () => realmIdOf(harness, row?.name ?? ''));
    await change({ callStartedAt: new Date(Date.now() - 600_000) });
    const { nonce } = await onlyBlank();
    expect(nonce).not.toBe(row?.nonce);
    expect(await realmIdOf(harness, row?.name ?? '')).toBeUndefined();
  });

  test('is filled although one that was discarded can not be dropped', async () => {
    const { name, nonce } = await onlyBlank();
    await change({ state: 'discarded' });
    const proxy = await startHttpProxy(harness.info.keycloak.url, '/kc', {
      lateMs: (method, url) => (method === 'DELETE' && url.endsWith(name) ? 1 : undefined),
    });
    closing.push(() => proxy.close());
    const worker = another({ KEYCLOAK_URL: `${proxy.origin}/kc`, KEYCLOAK_POOL_SIZE: '1' });
    // One that Keycloak itself has failed to make is dropped first, and another one made the next time.
    do expect(await keepOnce(worker)).toBe('again');
    while (!statesOf(await pooledIn(harness)).includes('ready'));
    expect(await pooledIn(harness)).toContainEqual(
      expect.objectContaining({ nonce, state: 'discarded', callStartedAt: expect.any(Date) }),
    );
    await until('that call has taken effect', async () => (await realmIdOf(harness, name)) === undefined);
    await change({ callStartedAt: null });
    await onlyBlank();
  });

  test('is filled by one worker at a time', async () => {
    await keepUntilDone(another({ KEYCLOAK_POOL_SIZE: '0' }));
    await Promise.all([keepUntilDone(harness), keepUntilDone(another({ KEYCLOAK_POOL_SIZE: '1' }))]);
    expect(statesOf(await pooledIn(harness))).toEqual(['ready']);
  });

  test('is drained where its size is 0, and its server is asked nothing any more', async () => {
    const { name } = await onlyBlank();
    const worker = another({ KEYCLOAK_POOL_SIZE: '0' });
    expect(await isStarted(worker)).toBe(true);
    expect(await keepUntilDone(worker)).toEqual([]);
    expect(await realmIdOf(harness, name)).toBeUndefined();
    expect(await isStarted(worker)).toBe(false);
    expect(await isStarted(another({ KEYCLOAK_URL: 'http://127.0.0.1:9', KEYCLOAK_POOL_SIZE: '0' }))).toBe(false);
  });
});
