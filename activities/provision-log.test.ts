import { setTimeout as delay } from 'node:timers/promises';
import { openWorkbench, type Workbench } from '../test/workbench';
import { recordLostAttempts } from './provision-log';

const BOTH_WAIT_MS = 500;

let bench: Workbench;
beforeAll(async () => {
  bench = await openWorkbench();
});
afterAll(() => bench.close());

test('two attempts record the same lost one at the same time: one row, and the numbers of the log have no gap', async () => {
  const { tenantId, operationId, runId } = await bench.newTenant();
  const attempt = { tenantId, operationId, runId, step: 'postgres.create', activityId: '1', scheduledAtMs: 0 };
  const held = bench.db.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT 1 FROM "Tenant" WHERE id = ${tenantId}::uuid FOR UPDATE`;
    // Both have begun by then, and wait for the tenant's row.
    await delay(BOTH_WAIT_MS);
  });
  await Promise.all([held, recordLostAttempts(bench.db, { ...attempt, attempt: 2 }), recordLostAttempts(bench.db, { ...attempt, attempt: 3 })]);
  const log = await bench.db.tenantProvisionLog.findMany({ where: { tenantId }, orderBy: { seq: 'asc' } });
  expect(log.map(({ seq, attempt: number }) => [Number(seq), number])).toEqual([[1, 1], [2, 2]]);
});
