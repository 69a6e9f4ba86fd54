import { randomUUID } from 'node:crypto';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';

/** In ms; that of the harness, and one that was configured before. */
const RETENTION_MS = 60_000;
const DAY_MS = 86_400_000;

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

const rollbackReason = { step: 'keycloak.enable', cause: 'it is away', advice: 'Start it.' };
const restoreStatus = (tenant: Restore, more: object = {}) =>
  harness.run('restore-status', tenant, {}, { rollbackReason, skipped: {}, ...more });
const ago = (ms: number) => new Date(Date.now() - ms);

type Restore = Awaited<ReturnType<ActivityHarness['newTenant']>>;

/** A tenant that was soft-deleted then, and is to be purged since, with a restore in progress. */
async function restoreOf({
  deletedAt,
  purgeAt,
  holdUntil = null,
}: {
  deletedAt: Date;
  purgeAt: Date;
  holdUntil?: Date | null;
}): Promise<Restore> {
  const tenant = await harness.newTenant('restore');
  await harness.db.tenant.update({ where: { id: tenant.tenantId }, data: { status: 'deleted', purgeAt, holdUntil } });
  await harness.db.tenantOperation.create({
    data: {
      tenantId: tenant.tenantId,
      kind: 'soft_delete',
      state: 'done',
      fromStatus: 'active',
      requestedBy: 'a test',
      endedAt: deletedAt,
    },
  });
  return tenant;
}

/** What is known after it ended: by how much the date is later than the end, by the master database alone. */
async function endOf({ tenantId, operationId }: Restore) {
  const { purgeAt, holdUntil } = await harness.db.tenant.findUniqueOrThrow({ where: { id: tenantId } });
  const { endedAt, state, advice } = await harness.db.tenantOperation.findUniqueOrThrow({ where: { id: operationId } });
  return { keptMs: (purgeAt?.getTime() ?? 0) - (endedAt?.getTime() ?? 0), purgeAt, holdUntil, state, advice };
}

/** The verdict of the first step of a purge that begins now. */
async function purge(tenantId: string): Promise<unknown> {
  const runId = randomUUID();
  const { id } = await harness.db.tenantOperation.create({
    data: { tenantId, kind: 'purge', requestedBy: 'retention' },
  });
  return harness.run('begin', { tenantId, operationId: id, runId });
}

test('giving a restore up after its date leaves a full new retention, and a purge that is accepted all the same is refused', async () => {
  const tenant = await restoreOf({ deletedAt: ago(2 * RETENTION_MS), purgeAt: ago(RETENTION_MS) });
  await restoreStatus(tenant);
  expect(await endOf(tenant)).toMatchObject({
    keptMs: RETENTION_MS,
    state: 'rolled_back',
    advice: expect.stringMatching(/^Start it\. The data is kept until 20.*, then purged/),
  });
  expect(await purge(tenant.tenantId)).toMatchObject({
    verdict: 'refused',
    reason: expect.stringContaining('is to be kept until'),
  });
});

test('what was to be kept for longer than now configured is kept for as long again, and each time anew', async () => {
  const tenant = await restoreOf({ deletedAt: ago(31 * DAY_MS), purgeAt: ago(DAY_MS) });
  await restoreStatus(tenant);
  expect((await endOf(tenant)).keptMs).toBe(30 * DAY_MS);
  const again = { ...tenant, operationId: randomUUID() };
  await harness.db.tenantOperation.create({
    data: {
      id: again.operationId,
      tenantId: tenant.tenantId,
      kind: 'restore',
      state: 'running',
      requestedBy: 'a test',
      runId: tenant.runId,
    },
  });
  await restoreStatus(again);
  expect((await endOf(again)).keptMs).toBe(30 * DAY_MS);
});

test('a date that is later anyway stays, and a hold as well', async () => {
  const purgeAt = new Date(Date.now() + 90 * DAY_MS);
  const holdUntil = new Date(Date.now() + DAY_MS);
  const tenant = await restoreOf({ deletedAt: ago(0), purgeAt, holdUntil });
  await restoreStatus(tenant);
  expect((await endOf(tenant)).purgeAt?.getTime()).toBeGreaterThanOrEqual(purgeAt.getTime());
  expect((await endOf(tenant)).holdUntil).toEqual(holdUntil);
});

test('a restore whose undo was skipped leaves a new date as well', async () => {
  const tenant = await restoreOf({ deletedAt: ago(2 * RETENTION_MS), purgeAt: ago(RETENTION_MS) });
  await restoreStatus(tenant, { skipped: { 'keycloak.disable': 'by hand' } });
  expect(await endOf(tenant)).toMatchObject({
    keptMs: RETENTION_MS,
    state: 'incomplete',
    advice: expect.stringContaining('is kept until'),
  });
});

test('a forced deletion that waits is the newer wish: no new date', async () => {
  const purgeAt = ago(RETENTION_MS);
  const tenant = await restoreOf({ deletedAt: ago(2 * RETENTION_MS), purgeAt });
  await harness.db.tenantOperation.create({
    data: { tenantId: tenant.tenantId, kind: 'hard_delete', force: true, requestedBy: 'a test' },
  });
  await restoreStatus(tenant);
  expect(await endOf(tenant)).toMatchObject({ purgeAt, state: 'rolled_back', advice: 'Start it.' });
});

test('a restore that is done leaves no date; a suspension that is given up sets none', async () => {
  const restored = await restoreOf({ deletedAt: ago(2 * RETENTION_MS), purgeAt: ago(RETENTION_MS) });
  await harness.run('activate', restored);
  expect(await endOf(restored)).toMatchObject({ purgeAt: null, state: 'done' });
  const suspended = await harness.newTenant('suspend');
  await harness.db.tenant.update({ where: { id: suspended.tenantId }, data: { status: 'active' } });
  await restoreStatus(suspended);
  expect(await endOf(suspended)).toMatchObject({ purgeAt: null, state: 'rolled_back', advice: 'Start it.' });
});

test('a purge whose date was moved, or that is on hold by then, is refused by its first step; one that has begun goes on', async () => {
  const kept = await restoreOf({ deletedAt: ago(0), purgeAt: new Date(Date.now() + DAY_MS) });
  await restoreStatus(kept);
  expect(await purge(kept.tenantId)).toMatchObject({ verdict: 'refused' });
  const due = await harness.newTenant('purge');
  await harness.db.tenant.update({ where: { id: due.tenantId }, data: { status: 'deleted', purgeAt: ago(1_000) } });
  expect(await harness.run('begin', due)).toMatchObject({ verdict: 'go', goal: 'gone' });
  await harness.db.tenant.update({ where: { id: due.tenantId }, data: { purgeAt: new Date(Date.now() + DAY_MS) } });
  expect(await harness.run('begin', { ...due, runId: randomUUID() })).toMatchObject({ verdict: 'go', goal: 'gone' });
});
