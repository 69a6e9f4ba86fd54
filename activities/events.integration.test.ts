import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { Pool } from 'pg';
import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { inDatabase } from '../test/support/master';
import { recordExpirer } from './expire-records';

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

const inActivity = <T>(work: () => Promise<T>): Promise<T> =>
  new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(work);

test('a sweep deletes events that were kept for long enough, and no others', async () => {
  const { rows } = await owner.query<{ id: string }>(
    `INSERT INTO "Event" (type, "tenantId", "tenantName", data, "at")
     SELECT 'step.failed', gen_random_uuid(), 'x', '{}', now() - make_interval(days => days) FROM unnest(ARRAY[31, 29, 0]) days RETURNING id`,
  );
  await inActivity(() => harness.activities.sweep());
  const kept = await owner.query<{ id: string }>('SELECT id FROM "Event" ORDER BY id');
  expect(kept.rows.map(({ id }) => id)).toEqual(rows.slice(1).map(({ id }) => id));
});

test('what one sweep has no time for the next one deletes, however much there is; once nothing is left none looks for a while', async () => {
  const insertOld = (count: number) =>
    owner.query(
      `INSERT INTO "Event" (type, "tenantId", "tenantName", data, "at")
       SELECT 'step.failed', gen_random_uuid(), 'old', '{}', now() - interval '31 days' FROM generate_series(1, $1)`,
      [count],
    );
  const insertNew = () =>
    owner.query(
      `INSERT INTO "Event" (type, "tenantId", "tenantName", data) VALUES ('step.failed', gen_random_uuid(), 'new', '{}')`,
    );
  const old = async () =>
    (await owner.query<{ n: number }>(`SELECT count(*)::int AS n FROM "Event" WHERE "tenantName" = 'old'`)).rows[0]?.n;
  await owner.query('SET session_replication_role = replica; DELETE FROM "Event"; RESET session_replication_role');
  await insertOld(2_500);
  // The newest is kept in any case, and what it follows until it is a day old.
  await insertNew();
  const expire = recordExpirer(harness.db, { events: 30 }, { timeMs: 0, pauseMs: 3_600_000 });
  const left: (number | undefined)[] = [];
  for (let sweep = 0; sweep < 3; sweep++) {
    await inActivity(expire);
    left.push(await old());
  }
  expect(left).toEqual([1_500, 500, 1]);
  await owner.query('SET session_replication_role = replica; DELETE FROM "Event"; RESET session_replication_role');
  await insertOld(1);
  await insertNew();
  await inActivity(expire);
  expect(await old()).toBe(1);
});
