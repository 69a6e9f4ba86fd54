import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { openActivityHarness, type ActivityHarness } from '../test/support/activity-harness';
import { inDatabase } from '../test/support/master';
import { observeFromOutside, NOTHING, withPostgres } from '../test/support/outside';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

const asOwner = (sql: string) =>
  withPostgres(inDatabase(harness.info.postgres.url, 'postgres'), (client) => client.query(sql));

/** A database of ours that the ledger calls absent, and a drop of it that a worker has begun and died over. */
async function begunDrop() {
  const tenant = await harness.newTenant();
  const { tenantId, name } = tenant;
  await harness.run('postgres.create', tenant);
  const { nonce, externalId, ...row } = await harness.db.tenantResource.update({
    where: { tenantId_kind: { tenantId, kind: 'postgres' } },
    data: { state: 'absent' },
  });
  await harness.db.tenant.update({ where: { id: tenantId }, data: { status: 'deleted', goneAt: new Date() } });
  const order = {
    backend: 'postgres',
    name: row.name,
    externalId: externalId ?? '',
    requestedBy: 'somebody',
  } as const;
  const runId = randomUUID();
  await harness.db.orphanDrop.create({ data: { id: runId, nonce, ...order } });
  const again = () =>
    new MockActivityEnvironment({ attempt: 2, workflowExecution: { workflowId: 'drop', runId } }).run(
      (it: typeof order) => harness.activities.dropOrphan(it),
      order,
    );
  return {
    name,
    database: row.name,
    again,
    end: () => harness.db.orphanDrop.findUniqueOrThrow({ where: { id: runId } }),
  };
}

test.each([
  ['nothing of it', []],
  ['the database, and with it the id', ['DROP DATABASE NAME']],
  ['database and one role', ['DROP DATABASE NAME', 'DROP ROLE NAME_app']],
  ['all of it', ['DROP DATABASE NAME', 'DROP ROLE NAME_app', 'DROP ROLE NAME_owner']],
])('a drop whose worker died when it had dropped %s is ended by the next one', async (_what, dropped) => {
  const { name, database, again, end } = await begunDrop();
  for (const statement of dropped) await asOwner(statement.replace('NAME', database));
  expect(await again()).toBe(`${database} dropped and seen absent`);
  expect(await observeFromOutside(harness.info, name)).toEqual(NOTHING);
  expect(await end()).toMatchObject({
    state: 'done',
    cause: null,
    evidence: expect.arrayContaining([expect.objectContaining({ answer: 'absent' })]),
  });
  expect(await again()).toBe('done');
});

test('where something else stands in its place meanwhile, that is left alone', async () => {
  const { database, again, end } = await begunDrop();
  await asOwner(`COMMENT ON ROLE ${database}_owner IS 'freeflow:${randomUUID()}'`);
  await asOwner(`COMMENT ON ROLE ${database}_app IS NULL`);
  expect(await again()).toContain('refused: ');
  expect(await end()).toMatchObject({ state: 'refused', evidence: null });
  expect((await asOwner(`SELECT 1 FROM pg_database WHERE datname = '${database}'`)).rowCount).toBe(1);
  await asOwner(`DROP DATABASE ${database}`);
  await asOwner(`DROP ROLE ${database}_app, ${database}_owner`);
});
