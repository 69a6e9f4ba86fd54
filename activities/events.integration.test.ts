import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { Pool } from 'pg';
import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { inDatabase } from '../test/support/master';

let harness: ActivityHarness;
let owner: Pool;
beforeAll(async () => {
  harness = await openActivityHarness();
  owner = new Pool({ connectionString: inDatabase(harness.info.masterDatabaseUrl, harness.database), max: 1 });
});
afterAll(async () => {
  await owner.end();
  await harness.close();
});

test('a reconciliation deletes events that were kept for long enough, and no others', async () => {
  const { rows } = await owner.query<{ id: string }>(
    `INSERT INTO "Event" (type, "tenantId", "tenantName", data, "at")
     SELECT 'step.failed', gen_random_uuid(), 'x', '{}', now() - make_interval(days => days) FROM unnest(ARRAY[31, 29, 0]) days RETURNING id`,
  );
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  await environment.run(() => harness.activities.reconcile({ requestedBy: 'test', fix: false }));
  const kept = await owner.query<{ id: string }>('SELECT id FROM "Event" ORDER BY id');
  expect(kept.rows.map(({ id }) => id)).toEqual(rows.slice(1).map(({ id }) => id));
});
