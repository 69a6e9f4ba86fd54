import { poolIdOf } from '@freeflow/contract';
import { newName } from '../support/activity-harness';
import { doctor, doctorEnv } from '../support/doctor';
import { openFaultInjectedInstallation, type FaultInjectedInstallation } from '../support/fault-injected-installation';
import type { Running } from '../support/installation';
import { asKeycloakAdmin } from '../support/outside';
import { poolIsFull, realmIdOf, type PoolRow, poolRowsOf } from '../support/pool';
import { inShort, reconcileIn } from '../support/reconciler';
import { DEFAULT_REALM_KEYS } from '../support/sample';
import { abortWhenParked, askFor, createTenant, deleteTenant, logOf, operationEnds } from '../support/tenants';
import { until } from '../support/until';

/** One that is claimed, and one that is left meanwhile. */
const SIZE = 2;
const POOL = { ...DEFAULT_REALM_KEYS, KEYCLOAK_POOL_SIZE: String(SIZE), STEP_PATIENCE_MS: '1000' };

/** Each answer of Keycloak is late by this much, so that a claim takes seconds. */
const SLOW_MS = 1_500;

let installation: FaultInjectedInstallation;
let worker: Running;
beforeAll(async () => {
  installation = await openFaultInjectedInstallation(false);
  worker = await installation.startWorker(POOL);
});
afterAll(() => installation.close());

/** The blank realms, once they are whole: the first is the next to be claimed. */
async function theBlanks(): Promise<[PoolRow, PoolRow]> {
  const [first, second] = await poolIsFull(installation, SIZE);
  if (first === undefined || second === undefined) throw new Error('the pool is empty');
  return [first, second];
}

const theBlank = async (): Promise<PoolRow> => (await theBlanks())[0];

const messageOf = async (id: string) =>
  (await logOf(installation, id)).findLast((it) => it.step === 'keycloak.create')?.message;

test('a tenant is made of a blank realm, and another one takes its place', async () => {
  const blank = await theBlank();
  const tenant = await createTenant(installation, newName());
  expect(tenant.status).toBe('active');
  expect(await messageOf(tenant.id)).toMatch(`made of the blank realm ${blank.name}`);
  expect(await realmIdOf(installation, `freeflow-${tenant.name}`)).toBe(blank.nonce);
  expect((await theBlanks()).map((it) => it.nonce)).not.toContain(blank.nonce);
  await deleteTenant(installation, tenant.id);
  expect(await realmIdOf(installation, blank.name)).toBeUndefined();
});

test('a claim that is parked and aborted leaves nothing, and gives nothing back to the pool', async () => {
  const blank = await theBlank();
  const name = newName();
  await asKeycloakAdmin(installation.info, 'PUT', `/admin/realms/${blank.name}`, { passwordPolicy: 'length(200)' });
  const id = await askFor(installation, name);
  await abortWhenParked(installation, id);
  const { operation } = await operationEnds(installation, id);
  expect(operation.state).toBe('rolled_back');
  expect([
    await realmIdOf(installation, `freeflow-${name}`),
    await realmIdOf(installation, blank.name),
    (await theBlanks()).find((it) => it.nonce === blank.nonce),
  ]).toEqual([undefined, undefined, undefined]);
});

test('the reconciler knows the blank ones, and has one replaced that is gone', async () => {
  const blank = await theBlank();
  expect(inShort(await reconcileIn(installation, false))).toEqual([]);
  await asKeycloakAdmin(installation.info, 'DELETE', `/admin/realms/${blank.name}`);
  expect(inShort(await reconcileIn(installation, false))).toEqual([
    `missing keycloak ${blank.name}: of the pool, another one is made: there is no ${blank.name} any more (fixable) (fixed)`,
  ]);
  expect((await theBlanks()).map((it) => it.nonce)).not.toContain(blank.nonce);
});

test('no one can drop a blank one as an orphan', async () => {
  const { name, nonce } = await theBlank();
  const { body } = await installation.request('POST', '/resources/drop', {
    backend: 'keycloak',
    name,
    externalId: nonce,
  });
  const ended = await until('the drop has ended', async () => {
    const { status, body: drop } = await installation.request('GET', `/resources/drops/${String(body.id)}`);
    return status === 200 && drop['state'] !== 'running' ? drop : undefined;
  });
  expect(ended).toMatchObject({
    state: 'refused',
    cause: expect.stringContaining('is no orphan of this installation'),
  });
  expect(await realmIdOf(installation, name)).toBe(nonce);
});

test('doctor shows it', async () => {
  await theBlank();
  const { lines } = await doctor(installation, { ...doctorEnv(installation), ...POOL });
  expect(lines['master.pools']).toMatchObject({
    status: 'ok',
    seen: expect.stringMatching(/^Keycloak: 2 of 2 ready, the oldest made \d+ min ago$/),
  });
});

test('a claim whose worker is killed in the middle of it is completed by the next one; by a size of 0 the pool is drained', async () => {
  const [blank, left] = await theBlanks();
  installation.proxies.keycloak.stall(SLOW_MS);
  installation.proxies.keycloak.renew();
  const id = await askFor(installation, newName());
  await until('it has claimed the blank one', async () => {
    const sql = `SELECT 1 FROM "TenantResource" WHERE "tenantId" = $1 AND "formerName" = $2 AND state = 'intended'`;
    return (await installation.master.query(sql, [id, blank.name])).rowCount === 1;
  });
  await worker.stop('SIGKILL');
  installation.proxies.keycloak.stall(0);
  installation.proxies.keycloak.renew();
  await installation.startWorker({ ...POOL, KEYCLOAK_POOL_SIZE: '0' });
  const tenant = await operationEnds(installation, id);
  expect(tenant.status).toBe('active');
  expect(await realmIdOf(installation, `freeflow-${tenant.name}`)).toBe(blank.nonce);
  await until('it is drained', async () => (await poolRowsOf(installation)).length === 0);
  expect(await realmIdOf(installation, left.name)).toBeUndefined();
  const run = await installation.operator.client.workflow
    .getHandle(poolIdOf(installation.taskQueue, 'keycloak'))
    .describe();
  expect(run.raw.workflowExecutionInfo?.priority?.priorityKey).toBe(5);
  // To wait until what the killed one has called is over is another test's.
  const settled = `UPDATE "TenantResource" SET "callStartedAt" = "callStartedAt" - interval '10 minutes' WHERE "tenantId" = $1`;
  await installation.master.query(settled, [id]);
  await deleteTenant(installation, id);
});
