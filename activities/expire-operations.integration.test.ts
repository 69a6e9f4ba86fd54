import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { newName, openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { inDatabase } from '../test/support/master';
import { reconcileHere } from '../test/support/reconciler';
import { endedOperation } from '../test/support/tenant-changes';
import { Progress } from './reconcile/progress';

let harness: ActivityHarness;
let owner: Pool;
beforeAll(async () => {
  harness = await openActivityHarness({ OPERATION_RETENTION_DAYS: '100', LOG_RETENTION_DAYS: '50' });
  owner = new Pool({ connectionString: inDatabase(harness.info.masterDatabaseUrl, harness.database), max: 1 });
});
afterAll(async () => {
  await owner.end();
  await harness.close();
});

test('a reconciliation deletes operations and logs whose time is over, and nothing else', async () => {
  const { tenantId: id } = await harness.newTenant();
  const ids = [
    await endedOperation(owner, { id }, { days: 101 }),
    await endedOperation(owner, { id }, { days: 99 }),
    await endedOperation(owner, { id }, { days: 49 }),
  ];
  await reconcileHere(harness, false);
  const { rows } = await owner.query<{ id: string; logs: number }>(
    `SELECT o.id, (SELECT count(*)::int FROM "TenantProvisionLog" l WHERE l."operationId" = o.id) AS logs
       FROM "TenantOperation" o WHERE o.id = ANY ($1) ORDER BY o."endedAt"`,
    [ids],
  );
  expect(rows).toEqual([
    { id: ids[1], logs: 0 },
    { id: ids[2], logs: 1 },
  ]);
});

test('a tenant that was soft-deleted long ago, and waits for its purge, is restored to what it was', async () => {
  const { tenantId: id, operationId, runId } = await harness.newTenant('restore', newName('e'));
  await harness.db.tenant.update({ where: { id }, data: { status: 'deleted', purgeAt: new Date('2999-01-01') } });
  await endedOperation(owner, { id }, { days: 400, kind: 'soft_delete', fromStatus: 'active' });
  await endedOperation(owner, { id }, { days: 300, kind: 'soft_delete', fromStatus: 'suspended' });
  for (const days of [200, 150]) await endedOperation(owner, { id }, { days, kind: 'soft_delete', fromStatus: null });
  await reconcileHere(harness, false);
  expect(await harness.db.tenantOperation.count({ where: { tenantId: id, kind: 'soft_delete' } })).toBe(2);
  expect(await harness.run('begin', { tenantId: id, operationId, runId })).toMatchObject({
    verdict: 'go',
    goal: 'suspended',
  });
});

test('another attempt at a reconciliation goes on where the one before has stopped, not where the last reconciliation did', async () => {
  const part = 'ended operations';
  const first = await Progress.resume(harness.db, randomUUID(), 60_000, undefined);
  first.continueAt(part, 'the last place');
  await first.finish({ requestedBy: 'test', fix: false });
  const id = randomUUID();
  const attempt = await Progress.resume(harness.db, id, 60_000, undefined);
  expect(attempt.goesOnAt(part)).toBe('the last place');
  attempt.continueAt(part, 'a later place');
  const next = await Progress.resume(harness.db, id, 60_000, attempt.snapshot);
  expect(next.goesOnAt(part)).toBe('a later place');
  next.continueAt(part, null);
  expect((await Progress.resume(harness.db, id, 60_000, next.snapshot)).goesOnAt(part)).toBeNull();
});
