import { setTimeout as delay } from 'node:timers/promises';
import { settleMs } from '../../backends/backend';
import { backendOf, entryOf, lastMessageOf } from '../../test/field/bench';
import { HARNESS_MARGIN_MS, openActivityHarness, type ActivityHarness } from '../../test/support/activity-harness';
import { startHttpProxy, type Trouble } from '../../test/support/http-proxy';
import { leaveOfCall, realmIdOf } from '../../test/support/pool';
import { until } from '../../test/support/until';

type Tenant = Awaited<ReturnType<ActivityHarness['newTenant']>>;

const OF_CREATE = { method: 'POST', path: /^\/admin\/realms\/?$/ };
const OF_DROP = { method: 'DELETE', path: /^\/admin\/realms\/[^/]+$/ };

let harness: ActivityHarness;
let cutOff: ActivityHarness;
let closeProxy: () => Promise<void>;
/** The requests at which the worker `cutOff` gets no answer, and how much later they reach the server. */
let trouble: Trouble = {};
beforeAll(async () => {
  harness = await openActivityHarness();
  const proxy = await startHttpProxy(harness.info.keycloak.url, '/kc', {
    lateMs: (method, url) => trouble.lateMs?.(method, url),
  });
  closeProxy = proxy.close;
  cutOff = harness.another({ KEYCLOAK_URL: `${proxy.origin}/kc` });
});
afterAll(async () => {
  for (const tenant of standing) await drop(tenant);
  await cutOff.close();
  await closeProxy();
  await harness.close();
});

const realmName = ({ name }: Tenant) => `freeflow-${name}`;
const realmOf = (tenant: Tenant) => realmIdOf(harness, realmName(tenant));
const entry = (tenant: Tenant) => entryOf(harness, tenant, 'keycloak');
const create = (tenant: Tenant) => harness.run('keycloak.create', tenant);
const drop = (tenant: Tenant) => harness.run('keycloak.drop', tenant);
const change = (tenant: Tenant, data: object) =>
  harness.db.tenantResource.update({ where: { tenantId_kind: { tenantId: tenant.tenantId, kind: 'keycloak' } }, data });

/**
 * A worker dies, as far as anybody can tell, in the middle of the call; when its request reaches the server all the
 * same.
 */
async function dieIn(verb: 'create' | 'drop', tenant: Tenant, lateMs: number | 'never'): Promise<void> {
  const call = verb === 'create' ? OF_CREATE : OF_DROP;
  trouble = { lateMs: (method, url) => (method === call.method && call.path.test(url) ? lateMs : undefined) };
  await expect(cutOff.run(`keycloak.${verb}`, tenant)).rejects.toMatchObject({ type: 'unreachable' });
}

const leave = (tenant: Tenant, leftMs: number) => leaveOfCall(harness, tenant.tenantId, leftMs);

/** Drops it; whether its absence was believed only once the time of the unanswered call was over. */
async function dropAndTell(tenant: Tenant): Promise<'at once' | 'in its time'> {
  const { callStartedAt } = await entry(tenant);
  await drop(tenant);
  const { state, evidence } = await entry(tenant);
  expect(state).toBe('absent');
  const seenAt = Date.parse((evidence as { seenAt: string }).seenAt);
  const settledAt = (callStartedAt?.getTime() ?? 0) + settleMs(backendOf(harness, 'keycloak'), HARNESS_MARGIN_MS);
  return seenAt < settledAt ? 'at once' : 'in its time';
}

/** Left by a test, with a realm and no call that is still waited for. */
const standing: Tenant[] = [];

async function created(): Promise<Tenant> {
  const left = standing.pop();
  if (left !== undefined) return left;
  const tenant = await harness.newTenant();
  await create(tenant);
  return tenant;
}

/** The next tenant of this name. */
async function nextOf({ tenantId, name }: Tenant): Promise<Tenant> {
  await harness.db.tenant.update({ where: { id: tenantId }, data: { goneAt: new Date(), status: 'deleted' } });
  const neighbour = await harness.newTenant('create', name);
  await create(neighbour);
  return neighbour;
}

const LAST_CALL_OVER = { callStartedAt: null, callEffect: null };

describe('a create without an answer', () => {
  test('has taken effect: the undo that finds what it made waits for nothing', async () => {
    const tenant = await harness.newTenant();
    await dieIn('create', tenant, 1);
    expect(await entry(tenant)).toMatchObject({ state: 'intended', callEffect: 'create' });
    await until('the realm is there', () => realmOf(tenant));
    expect(await dropAndTell(tenant)).toBe('at once');
    expect(await realmOf(tenant)).toBeUndefined();
  });

  test('has taken effect: the next attempt finds what it made, and no later operation waits for that call', async () => {
    const tenant = await harness.newTenant();
    await dieIn('create', tenant, 1);
    await until('the realm is there', () => realmOf(tenant));
    await create(tenant);
    expect(await entry(tenant)).toMatchObject({ state: 'present', ...LAST_CALL_OVER });
    await harness.run('keycloak.probe', tenant);
    standing.push(tenant);
  });

  test('has not arrived: its undo, which sees nothing, waits for its time', async () => {
    const tenant = await harness.newTenant();
    await dieIn('create', tenant, 'never');
    await leave(tenant, 2_000);
    expect(await dropAndTell(tenant)).toBe('in its time');
  });

  test('twice: what is there may be the work of either, so the other one is waited for', async () => {
    const tenant = await harness.newTenant();
    await dieIn('create', tenant, 'never');
    await dieIn('create', tenant, 1);
    await until('the realm is there', () => realmOf(tenant));
    await leave(tenant, 2_000);
    expect(await dropAndTell(tenant)).toBe('in its time');
  });

  test('after one that was answered and not recorded: what is there is the work of that, so its time is waited for', async () => {
    const tenant = await created();
    await change(tenant, { state: 'intended', externalId: null });
    await dieIn('create', tenant, 'never');
    expect((await entry(tenant)).callEffect).toBeNull();
    await leave(tenant, 2_000);
    expect(await dropAndTell(tenant)).toBe('in its time');
  });
});

describe('a drop without an answer', () => {
  test('has taken effect: it is over as soon as the resource is seen gone, and no later one follows it to who gets the name next', async () => {
    const tenant = await created();
    await dieIn('drop', tenant, 1);
    expect(await entry(tenant)).toMatchObject({ callStartedAt: expect.any(Date), callEffect: 'drop' });
    await until('the realm is gone', async () => (await realmOf(tenant)) === undefined);
    expect(await dropAndTell(tenant)).toBe('at once');
    expect(await entry(tenant)).toMatchObject(LAST_CALL_OVER);
    const neighbour = await nextOf(tenant);
    await harness.run('keycloak.probe', neighbour);
    expect(await realmOf(neighbour)).toBe((await entry(neighbour)).nonce);
    standing.push(neighbour);
  });

  test('takes effect in a moment: it is looked at again before a second one goes out', async () => {
    const tenant = await created();
    await dieIn('drop', tenant, 300);
    expect(await dropAndTell(tenant)).toBe('at once');
    expect(await lastMessageOf(harness, tenant, 'keycloak.drop')).toMatch(/was absent already/);
  });

  test('never arrives: the next one drops it, and absence is believed once the time of the first is over', async () => {
    const tenant = await created();
    await dieIn('drop', tenant, 'never');
    await leave(tenant, 2_000);
    expect(await dropAndTell(tenant)).toBe('in its time');
    expect(await lastMessageOf(harness, tenant, 'keycloak.drop')).toMatch(/dropped and seen absent/);
  });

  test('comes late, when another one has dropped it: the neighbour who gets the name next is never hit', async () => {
    const tenant = await created();
    // Later than a drop looks for the effect of an earlier one.
    const lateMs = 13_000;
    await dieIn('drop', tenant, lateMs);
    const arrival = delay(lateMs + 1_000);
    await leave(tenant, lateMs + 1_000);
    expect(await dropAndTell(tenant)).toBe('in its time');
    expect(await lastMessageOf(harness, tenant, 'keycloak.drop')).toMatch(/dropped and seen absent/);
    const neighbour = await nextOf(tenant);
    await arrival;
    expect(await realmOf(neighbour)).toBe((await entry(neighbour)).nonce);
    standing.push(neighbour);
  });

  test('after one that was answered, or refused: what is seen may be the work of either, so its time is waited for', async () => {
    const tenant = await created();
    await change(tenant, { dropStartedAt: new Date() });
    await dieIn('drop', tenant, 1);
    expect((await entry(tenant)).callEffect).toBeNull();
    await until('the realm is gone', async () => (await realmOf(tenant)) === undefined);
    await leave(tenant, 2_000);
    expect(await dropAndTell(tenant)).toBe('in its time');
  });

  test('twice: what is seen may be the work of either, so their time is waited for', async () => {
    const tenant = await created();
    await dieIn('drop', tenant, 'never');
    await dieIn('drop', tenant, 1);
    expect(await entry(tenant)).toMatchObject({ callStartedAt: expect.any(Date), callEffect: null });
    await until('the realm is gone', async () => (await realmOf(tenant)) === undefined);
    await leave(tenant, 2_000);
    expect(await dropAndTell(tenant)).toBe('in its time');
  });
});
