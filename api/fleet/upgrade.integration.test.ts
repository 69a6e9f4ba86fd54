import { randomUUID } from 'node:crypto';
import { tenantNames } from '@freeflow/contract';
import type { FleetUpgradeBody } from '@freeflow/contract/http';
import type { FleetTenant } from '@freeflow/db-master';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { startOpenFleets } from '../../activities/fleet/start';
import { newName, openActivityHarness, type ActivityHarness } from '../../test/support/activity-harness';
import { openApiBench, type ApiBench } from '../../test/support/api-bench';

let bench: ApiBench;
let harness: ActivityHarness;
beforeAll(async () => {
  bench = await openApiBench();
  harness = await openActivityHarness({}, bench.master);
  await harness.db.blueprint.create({ data: { version: 1, checksum: '1', files: [] } });
});
afterAll(async () => {
  await harness.close();
  await bench.close();
});

interface Fleet {
  id: string;
  tenantIds: string[];
}

/** An upgrade of tenants of its own, of which none has any version. */
async function fleetOf(count: number, body: object = {}): Promise<Fleet> {
  await harness.db.fleetUpgrade.updateMany({ where: { endedAt: null }, data: { endedAt: new Date() } });
  const run = newName('run');
  const tenantIds: string[] = [];
  for (let at = 0; at < count; at++) tenantIds.push(await newTenant(run));
  const asked = { canary: 0, concurrency: 50, pauseOnFailures: 1_000, only: [`run:${run}`], ...body };
  const { body: accepted } = await bench.request('POST', '/fleet/upgrades', { body: asked });
  return { id: (accepted as unknown as FleetUpgradeBody).id, tenantIds };
}

async function newTenant(run: string): Promise<string> {
  const name = newName();
  const data = { name, ...tenantNames(name), status: 'active', labels: { run } } as const;
  const { id } = await harness.db.tenant.create({ data });
  await harness.db.tenantResource.create({
    data: { tenantId: id, kind: 'mongodb', name, state: 'present', nonce: randomUUID() },
  });
  return id;
}

const inWorker = <T>(work: () => Promise<T>): Promise<T> =>
  new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(work) as Promise<T>;
/** A look as its run takes one. */
const advance = ({ id }: Fleet) => inWorker(() => harness.activities.advanceFleet({ id }));
const change = async ({ id }: Fleet, what: string) =>
  (await bench.request('POST', `/fleet/upgrades/${id}/${what}`)).body;
const show = async ({ id }: Fleet) =>
  (await bench.request('GET', `/fleet/upgrades/${id}`)).body as unknown as FleetUpgradeBody;

async function rowOf({ id }: Fleet, tenantId: string | undefined): Promise<FleetTenant> {
  return harness.db.fleetTenant.findUniqueOrThrow({
    where: { upgradeId_tenantId: { upgradeId: id, tenantId: tenantId ?? '' } },
  });
}

/** What becomes of a tenant's operation, as its own run would record it. */
async function put(
  fleet: Fleet,
  tenantId: string | undefined,
  state: 'parked' | 'done' | 'rolled_back',
  step?: string,
) {
  const { operationId } = await rowOf(fleet, tenantId);
  await harness.db.tenantOperation.update({
    where: { id: operationId ?? '' },
    data: {
      state,
      step: step ?? 'postgres.apply',
      cause: state === 'done' ? null : 'it is so',
      ...(state === 'parked' ? {} : { endedAt: new Date() }),
    },
  });
  if (state === 'done')
    await harness.db.tenant.update({ where: { id: tenantId ?? '' }, data: { blueprintVersion: 1 } });
}

test('one that is parked is tried again by a retry, and not by a second operation beside it', async () => {
  const fleet = await fleetOf(1);
  const [tenant] = fleet.tenantIds;
  await advance(fleet);
  await put(fleet, tenant, 'parked');
  expect(await advance(fleet)).toMatchObject({ outcome: '0 done, 1 failed, 0 left for later' });
  const { operationId } = await rowOf(fleet, tenant);

  expect(await change(fleet, 'retry')).toMatchObject({ state: 'running', counts: { running: 1, failed: 0 } });
  // Its attempt takes a moment, in which it is parked as before: that is no new failure.
  expect((await advance(fleet)).outcome).toBeUndefined();
  expect(await rowOf(fleet, tenant)).toMatchObject({ state: 'running', operationId });
  await put(fleet, tenant, 'parked', 'mongodb.apply');
  expect(await advance(fleet)).toMatchObject({ outcome: '0 done, 1 failed, 0 left for later' });
  expect(await rowOf(fleet, tenant)).toMatchObject({ cause: 'parked at mongodb.apply: it is so' });

  await change(fleet, 'retry');
  await put(fleet, tenant, 'done');
  expect(await advance(fleet)).toMatchObject({ outcome: '1 done, 0 failed, 0 left for later' });
  expect(await harness.db.tenantOperation.count({ where: { tenantId: tenant ?? '' } })).toBe(1);
});

test('what a person has paused stays so at a retry, until one resumes it', async () => {
  const fleet = await fleetOf(2, { concurrency: 1 });
  const [first] = fleet.tenantIds;
  await advance(fleet);
  await put(fleet, first, 'rolled_back');
  await change(fleet, 'pause');
  await advance(fleet);
  expect(await change(fleet, 'retry')).toMatchObject({
    state: 'paused',
    reason: 'by a person',
    counts: { waiting: 2 },
  });
  await advance(fleet);
  expect(await show(fleet)).toMatchObject({ counts: { waiting: 2, running: 0 } });
  expect(await change(fleet, 'resume')).toMatchObject({ state: 'running' });
});

test('two labels of one key are refused: no tenant has both', async () => {
  const { status, body } = await bench.request('POST', '/fleet/upgrades', {
    body: { only: ['tier:gold', 'tier:silver'] },
  });
  expect({ status, errors: body['errors'] }).toMatchObject({ status: 400, errors: [{ pointer: '/only' }] });
});

test.each([
  ['done', 'done', null],
  ['rolled_back', 'failed', 'rolled back at postgres.apply: it is so'],
] as const)('one that was parked when its upgrade ended, and is %s later, is noted so', async (state, noted, cause) => {
  const fleet = await fleetOf(1);
  const [tenant] = fleet.tenantIds;
  await advance(fleet);
  await put(fleet, tenant, 'parked');
  await advance(fleet);
  await put(fleet, tenant, state);
  await inWorker(() => startOpenFleets(harness.db, async () => undefined));
  expect(await show(fleet)).toMatchObject({ state: 'done', counts: { done: noted === 'done' ? 1 : 0 } });
  expect(await rowOf(fleet, tenant)).toMatchObject({ state: noted, cause, isParked: false });
});

test('what is forgiven is who has failed: another one that fails in the place of one that got through pauses it', async () => {
  const fleet = await fleetOf(3, { concurrency: 1, pauseOnFailures: 1 });
  const [first, second] = fleet.tenantIds;
  await advance(fleet);
  await put(fleet, first, 'parked');
  await advance(fleet);
  expect(await show(fleet)).toMatchObject({ state: 'paused', reason: '1 tenants failed' });
  await change(fleet, 'resume');
  await advance(fleet);
  await put(fleet, first, 'done');
  await put(fleet, second, 'rolled_back');
  await advance(fleet);
  expect(await show(fleet)).toMatchObject({ state: 'paused', counts: { done: 1, failed: 1, waiting: 1 } });
});

test('a hold that comes between its turn and its beginning leaves it for later', async () => {
  const fleet = await fleetOf(2);
  const [held, other] = fleet.tenantIds;
  await advance(fleet);
  const hold = { until: '2999-01-01T00:00:00Z', reason: 'case 4711' };
  expect((await bench.request('PUT', `/tenants/${held}/hold`, { body: hold })).status).toBe(200);
  const begin = async (tenantId: string | undefined) => {
    const { operationId } = await rowOf(fleet, tenantId);
    const input = { tenantId: tenantId ?? '', operationId: operationId ?? '', name: '', runId: randomUUID() };
    return harness.run('begin', input);
  };
  expect(await begin(held)).toMatchObject({ verdict: 'refused' });
  expect(await begin(other)).toMatchObject({ verdict: 'go' });
  await advance(fleet);
  expect(await rowOf(fleet, held)).toMatchObject({
    state: 'left',
    cause: expect.stringMatching(/^refused at begin: tenant \w+ is on hold until .*: case 4711$/) as string,
  });
});

test('one that was suspended in between is left for later, and so is one that a forced deletion has interrupted', async () => {
  const fleet = await fleetOf(2);
  const [suspended = '', deleted] = fleet.tenantIds;
  await advance(fleet);
  await harness.db.tenant.update({ where: { id: suspended }, data: { status: 'suspended' } });
  const { operationId } = await rowOf(fleet, suspended);
  const input = { tenantId: suspended, operationId: operationId ?? '', name: '', runId: randomUUID() };
  expect(await harness.run('begin', input)).toMatchObject({ verdict: 'refused' });
  await put(fleet, deleted, 'rolled_back', 'interrupted');
  await advance(fleet);
  expect(await show(fleet)).toMatchObject({ counts: { left: 2, failed: 0 } });
});

test('one that a worker without the blueprint has brought to its end has not got it', async () => {
  const fleet = await fleetOf(1);
  const [tenant] = fleet.tenantIds;
  await advance(fleet);
  await put(fleet, tenant, 'done');
  await harness.db.tenant.update({ where: { id: tenant ?? '' }, data: { blueprintVersion: null } });
  await advance(fleet);
  expect(await rowOf(fleet, tenant)).toMatchObject({
    state: 'failed',
    cause: expect.stringContaining('a worker of an older build') as string,
  });
});

test('it looks ever later while nothing changes', async () => {
  const fleet = await fleetOf(1);
  await advance(fleet);
  expect(await advance(fleet)).toEqual({ pauseMs: 500 });
  const age = (seconds: number) =>
    harness.db.$executeRaw`UPDATE "FleetTenant" SET "changedAt" = clock_timestamp() - ${seconds} * interval '1 second'`;
  await age(60);
  const { pauseMs } = await advance(fleet);
  expect(pauseMs).toBeGreaterThanOrEqual(3_000);
  expect(pauseMs).toBeLessThan(6_000);
  await age(86_400);
  expect(await advance(fleet)).toEqual({ pauseMs: 15_000 });
});

test('requested again under the same key it is the same upgrade; under that key nothing else is requested', async () => {
  await harness.db.fleetUpgrade.updateMany({ where: { endedAt: null }, data: { endedAt: new Date() } });
  const send = (body: object) =>
    bench.request('POST', '/fleet/upgrades', { body, headers: { 'idempotency-key': 'roll-out-7' } });
  const only = ['run:none', 'tier:gold'];
  const first = await send({ only });
  expect(first.status).toBe(202);
  expect(await send({ only: only.toReversed() })).toMatchObject({ status: 202, body: { id: first.body['id'] } });
  expect(await send({ only, canary: 7 })).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
  expect(await bench.request('POST', '/fleet/upgrades', { body: { only } })).toMatchObject({
    status: 409,
    body: { code: 'fleet-upgrade-open' },
  });
});
