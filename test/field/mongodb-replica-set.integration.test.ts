import { MongoClient, type ClientSession } from 'mongodb';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { withMongo } from '../support/outside';
import { openOwnMongo, type OwnMongo } from '../support/own-mongodb';
import { until } from '../support/until';
import { openMongoTenant } from './mongo-tenant';
import { isAtWork } from './mongodb-at-work';

let mongo: OwnMongo;
let harness: ActivityHarness;
beforeAll(async () => {
  mongo = await openOwnMongo();
  harness = await openActivityHarness({ MONGODB_ADMIN_URL: mongo.provisionerUrl });
});
afterAll(async () => {
  await harness.close();
  await mongo.close();
});

const openTenant = () => openMongoTenant(harness, { mongoUrl: mongo.url });

/** A client with a transaction that has written to the database and is left open. */
async function leaveOpen(url: string, database: string): Promise<{ client: MongoClient; session: ClientSession }> {
  const client = await new MongoClient(url).connect();
  const session = client.startSession();
  await client.db(database).collection('own').insertOne({ n: 1 });
  session.startTransaction();
  await client.db(database).collection('own').insertOne({ n: 2 }, { session });
  return { client, session };
}

test.each(['disable', 'drop'] as const)("the tenant's open transaction does not hold up its %s", async (verb) => {
  const tenant = await openTenant();
  const { client, session } = await leaveOpen(await tenant.url(), tenant.name);
  await tenant.step(verb);
  await expect(session.commitTransaction()).rejects.toMatchObject({ code: expect.any(Number) });
  await client.close();
  if (verb === 'disable') await tenant.step('drop');
});

test("an administrator's open transaction on it holds up a drop, which is reported as blocked and names it", async () => {
  const tenant = await openTenant();
  const { client, session } = await leaveOpen(mongo.url, tenant.name);
  await expect(tenant.step('drop')).rejects.toMatchObject({
    type: 'blocked',
    message: expect.stringMatching(
      /got no lock in time; these hold it: transaction.* by freeflow_root of admin from 127\.0\.0\.1/,
    ),
  });
  await session.abortTransaction();
  expect(await tenant.step('drop')).toContain('dropped and seen absent');
  await client.close();
});

test("the tenant's change stream and open cursor end with its suspension", async () => {
  const tenant = await openTenant();
  await tenant.asTenant(async (db) => {
    await db.collection('own').insertMany(Array.from({ length: 10 }, (_, n) => ({ n })));
    const cursor = db.collection('own').find().batchSize(2);
    await cursor.next();
    const stream = db.collection('own').watch([], { maxAwaitTimeMS: 60_000 });
    const next = stream.next().then(
      () => 'a change',
      (error: unknown) => String((error as { code?: unknown }).code),
    );
    await until('it waits for changes', () => isAtWork(tenant, { op: 'getmore' }));
    await tenant.step('disable');
    // A waiting stream notices its end when there is something to tell, and does not tell it.
    await tenant.asOwner((own) => own.collection('own').insertOne({ n: 11 }));
    expect(await next).not.toBe('a change');
    await expect(cursor.toArray()).rejects.toMatchObject({ code: expect.any(Number) });
    await stream.close().catch(() => undefined);
  });
  await tenant.step('drop');
});

test('a server of ours takes no messages compressed by zlib, by which strangers could read its memory', async () => {
  await withMongo(mongo.url, async (client) => {
    expect(await client.db('admin').command({ hello: 1, compression: ['zlib'] })).not.toHaveProperty('compression');
    expect(await client.db('admin').command({ hello: 1, compression: ['zlib', 'snappy'] })).toMatchObject({
      compression: ['snappy'],
    });
  });
});
