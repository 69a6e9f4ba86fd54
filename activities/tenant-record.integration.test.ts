import { randomUUID } from 'node:crypto';
import type { ParkedStep } from '@freeflow/contract';
import { createSecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import type { StepInput } from './attempt';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

const rollbackReason = { step: 'qdrant.create', cause: 'it is full', advice: 'Make room.' };
const stateOf = async ({ tenantId, operationId }: StepInput) => {
  const { status } = await harness.db.tenant.findUniqueOrThrow({ where: { id: tenantId } });
  const { state } = await harness.db.tenantOperation.findUniqueOrThrow({ where: { id: operationId } });
  return { status, state };
};
const undoing = (tenant: StepInput & { runId: string }) =>
  harness.run('start-rollback', tenant, {}, { rollbackReason });

test('of completing and rolling back the first one counts, whatever the other had in mind', async () => {
  const turned = await harness.newTenant();
  expect(await undoing(turned)).toBeUndefined();
  expect(await harness.run('activate', turned)).toEqual(rollbackReason);
  expect(await stateOf(turned)).toEqual({ status: 'provisioning', state: 'undoing' });

  const completed = await harness.newTenant();
  expect(await harness.run('activate', completed)).toBeUndefined();
  expect(await undoing(completed)).toBe('done');
  expect(await stateOf(completed)).toEqual({ status: 'active', state: 'done' });
});

test.each(['activate', 'start-rollback', 'park', 'mark-gone'] as const)(
  '%s of a run that another one has taken the place of changes nothing',
  async (step) => {
    const tenant = await harness.newTenant();
    const terminated = { ...tenant, runId: randomUUID() };
    await expect(
      harness.run(step, terminated, {}, { rollbackReason, steps: [rollbackReason], skipped: {} }),
    ).rejects.toMatchObject({
      type: 'superseded',
      nonRetryable: true,
    });
    expect(await stateOf(tenant)).toEqual({ status: 'provisioning', state: 'running' });
  },
);

test.each(['unpark', 'start-rollback', 'activate', 'mark-gone'] as const)(
  'what waits for an answer is data, as long as it waits: until %s',
  async (step) => {
    const tenant = await harness.newTenant();
    const parkedOf = async () =>
      (await harness.db.tenantOperation.findUniqueOrThrow({ where: { id: tenant.operationId } })).parked;
    const steps: ParkedStep[] = [
      { step: 'qdrant.create', parkId: 1, cause: 'full', advice: 'Make room.', since: '2026-11-27T06:00:00.000Z' },
      { step: 'mongodb.create', parkId: 2, cause: 'away', advice: 'Start it.', since: '2026-11-27T06:01:00.000Z' },
    ];
    await harness.run('park', tenant, {}, { steps });
    expect(await parkedOf()).toEqual(steps);
    await harness.run(step, tenant, {}, { isUndoing: false, rollbackReason, skipped: {} });
    expect(await parkedOf()).toBeNull();
  },
);

test.each([
  ['a deletion', 'hard_delete', {}],
  ['the rollback of a create', 'create', { rollbackReason }],
] as const)("%s destroys the secrets of its own tenant, and leaves a neighbour's", async (_what, kind, reason) => {
  const [gone, neighbour] = [await harness.newTenant(kind), await harness.newTenant()];
  const store = createSecretStore(harness.db, readSecretKeys(harness.info.secretsKey));
  const passwordOf = ({ tenantId }: StepInput) => ({ tenantId, backend: 'postgres', name: 'password' }) as const;
  await store.keep(passwordOf(gone), 'to be destroyed');
  const kept = await store.keep(passwordOf(neighbour), "the neighbour's");
  const connection = { service: 'postgres', dbName: 'd', secretRef: kept.ref } as const;
  await harness.db.tenantConnection.create({ data: { ...connection, tenantId: neighbour.tenantId } });

  await harness.run('mark-gone', gone, {}, { ...reason, skipped: {} });

  expect(await store.list(gone.tenantId)).toEqual([]);
  expect(await store.list(neighbour.tenantId)).toHaveLength(1);
  expect(await store.resolve(kept.ref, passwordOf(neighbour))).toBe("the neighbour's");
  expect(await harness.db.tenantConnection.findMany({ where: { tenantId: neighbour.tenantId } })).toMatchObject([
    connection,
  ]);
});
