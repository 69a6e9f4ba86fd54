import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { observeFromOutside } from '../support/outside';
import { until } from '../support/until';
import { openMongoTenant, type MongoTenant } from './mongo-tenant';
import { BULK_INSERT, isAtWork, LONG_WORK, startWork } from './mongodb-at-work';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

const NOTHING = { mongoUsers: [], mongoCollections: [] };
const seen = ({ name }: MongoTenant) => observeFromOutside(harness.info, name.replace('freeflow_', ''));

const INTERRUPTED = '11601';

describe.each(LONG_WORK)('$what', (work) => {
  test('of the tenant, in progress at its deletion, is ended and leaves nothing', async () => {
    const tenant = await openMongoTenant(harness);
    const { end } = await startWork(tenant, work, 'asTenant');
    expect(await tenant.step('drop')).toContain('dropped and seen absent');
    expect(await end).not.toBe('done');
    expect(await seen(tenant)).toMatchObject(NOTHING);
  });

  test('of the tenant, in progress at its suspension, is ended by it', async () => {
    const tenant = await openMongoTenant(harness);
    const { end } = await startWork(tenant, work, 'asTenant');
    await tenant.step('disable');
    expect(await isAtWork(tenant, {})).toBe(false);
    expect(await end).toBe(INTERRUPTED);
    await tenant.step('drop');
  });
});

test("an administrator's bulk insert into a tenant that is deleted is ended and leaves nothing", async () => {
  const tenant = await openMongoTenant(harness);
  const { end } = await startWork(tenant, BULK_INSERT, 'asOwner');
  expect(await tenant.step('drop')).toContain('dropped and seen absent');
  expect(await end).not.toBe('done');
  expect(await seen(tenant)).toMatchObject(NOTHING);
});

test('a suspension leaves alone what an administrator runs on the database', async () => {
  const tenant = await openMongoTenant(harness);
  const { end } = await startWork(
    tenant,
    {
      ...BULK_INSERT,
      run: (db) =>
        db.command({ insert: 'bulk', documents: Array.from({ length: 3_000 }, (_, n) => ({ n, text: `text ${n}` })) }),
    },
    'asOwner',
  );
  await tenant.step('disable');
  expect(await end).toBe('done');
  await tenant.step('drop');
});

test('a writer that never stops is named, and the nonce stays until its data has stayed away', async () => {
  const tenant = await openMongoTenant(harness);
  let isStopped = false;
  const writing = tenant.asOwner(async (db) => {
    while (!isStopped)
      await db
        .collection('again')
        .insertOne({ at: new Date() })
        .catch(() => undefined);
  });
  await until('it writes', () => tenant.asOwner(async (db) => (await db.collection('again').countDocuments()) > 0));
  await expect(tenant.step('drop')).rejects.toMatchObject({
    type: 'still-there',
    message: expect.stringMatching(
      /is written to while it is dropped; stop the writer first: .*freeflow_root of admin/,
    ),
  });
  expect((await seen(tenant)).mongoUsers).toEqual([tenant.name]);
  isStopped = true;
  await writing;
  expect(await tenant.step('drop')).toContain('dropped and seen absent');
  expect(await seen(tenant)).toMatchObject(NOTHING);
});

test("what is written after the last nonce is gone is never called another party's by the drop that took it away", async () => {
  const tenant = await openMongoTenant(harness);
  // The drop has ended at the server, and its worker before it could say so.
  await harness.db.tenantResource.updateMany({
    where: { tenantId: tenant.tenantId },
    data: { dropStartedAt: new Date() },
  });
  await tenant.asOwner(async (db) => {
    await db.dropDatabase();
    await db.command({ dropUser: tenant.name });
    await db.collection('late').insertOne({ n: 1 });
  });
  await expect(tenant.step('drop')).rejects.toMatchObject({
    type: 'still-there',
    message: expect.stringContaining('something was written again since its drop began'),
  });
  await tenant.asOwner((db) => db.dropDatabase());
  expect(await tenant.step('drop')).toContain('absent');
});

test('the same holds for the drop of an orphan', async () => {
  const tenant = await openMongoTenant(harness);
  const where = { tenantId_kind: { tenantId: tenant.tenantId, kind: 'mongodb' } } as const;
  const { nonce, externalId } = await harness.db.tenantResource.update({ where, data: { state: 'absent' } });
  await harness.db.tenant.update({ where: { id: tenant.tenantId }, data: { status: 'deleted', goneAt: new Date() } });
  const order = {
    backend: 'mongodb',
    name: tenant.name,
    externalId: externalId ?? '',
    requestedBy: 'somebody',
  } as const;
  const runId = randomUUID();
  await harness.db.orphanDrop.create({ data: { id: runId, nonce, ...order } });
  await tenant.asOwner(async (db) => {
    await db.command({ dropUser: tenant.name });
    await db.collection('late').insertOne({ n: 1 });
  });
  const again = () =>
    new MockActivityEnvironment({ attempt: 2, workflowExecution: { workflowId: 'drop', runId } }).run(
      (it: typeof order) => harness.activities.dropOrphan(it),
      order,
    );
  await expect(again()).rejects.toMatchObject({
    type: 'still-there',
    message: expect.stringContaining('something was written again since its drop began'),
  });
  await tenant.asOwner((db) => db.dropDatabase());
  expect(await again()).toBe(`${tenant.name} dropped and seen absent`);
});

test('what else stands in the database, users and roles and views that an administrator has made, goes with it and is named', async () => {
  const tenant = await openMongoTenant(harness);
  await tenant.asOwner(async (db) => {
    await db.command({
      createRole: 'auditor',
      privileges: [{ resource: { db: tenant.name, collection: '' }, actions: ['find'] }],
      roles: [],
    });
    await db.command({ createUser: 'second', pwd: 'second', roles: ['readWrite', 'auditor'] });
    await db.collection('own').insertOne({ n: 1 });
    await db.createCollection('seen', { viewOn: 'own', pipeline: [] });
  });
  const message = await tenant.step('drop');
  expect(message).toContain('user second of the same database is dropped as well');
  expect(message).toContain('role auditor of the same database is dropped as well');
  expect(await seen(tenant)).toMatchObject(NOTHING);
  expect(await tenant.asOwner((db) => db.command({ rolesInfo: 1 }))).toMatchObject({ roles: [] });
});
