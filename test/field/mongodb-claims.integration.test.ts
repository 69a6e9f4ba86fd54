import type { Db, MongoClient } from 'mongodb';
import { newName, openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { observeFromOutside } from '../support/outside';
import { openMongoTenant } from './mongo-tenant';

let harness: ActivityHarness;
beforeAll(async () => {
  harness = await openActivityHarness();
});
afterAll(() => harness.close());

interface Claim {
  what: string;
  make: (db: Db, client: MongoClient) => Promise<unknown>;
  remove: (db: Db, client: MongoClient) => Promise<unknown>;
  /** The words by which it is named; NAME is the tenant's. */
  named: string;
}

const OTHER = 'field_other';
const userOf = (of: string, roles: (name: string) => unknown[], named: string, what: string): Claim => ({
  what,
  named,
  make: ({ databaseName }, client) =>
    client.db(of).command({ createUser: `u_${databaseName}`, pwd: 'theirs', roles: roles(databaseName) }),
  remove: ({ databaseName }, client) => client.db(of).command({ dropUser: `u_${databaseName}` }),
});
const adminRole = (role: (name: string) => object, what: string): Claim => ({
  what,
  named: 'role r_NAME of database admin reaches NAME',
  make: ({ databaseName }, client) =>
    client.db('admin').command({ createRole: `r_${databaseName}`, ...role(databaseName) }),
  remove: ({ databaseName }, client) => client.db('admin').command({ dropRole: `r_${databaseName}` }),
});
const findsIn = (db: string) => ({ privileges: [{ resource: { db, collection: '' }, actions: ['find'] }], roles: [] });

const CLAIMS: Claim[] = [
  userOf(
    OTHER,
    (db) => [{ role: 'readWrite', db }],
    'user u_NAME of database field_other has readWrite on NAME',
    'a user of another database that holds readWrite on it',
  ),
  userOf(
    OTHER,
    (db) => [{ role: 'read', db }],
    'user u_NAME of database field_other has read on NAME',
    'a user of another database that holds read on it',
  ),
  userOf(
    'admin',
    (db) => [{ role: 'dbOwner', db }],
    'user u_NAME of database admin has dbOwner on NAME',
    'a user of admin that holds dbOwner on it',
  ),
  adminRole(findsIn, 'a role of admin with a privilege on it'),
  adminRole(
    (db) => ({ privileges: [], roles: [{ role: 'readWrite', db }] }),
    'a role of admin that inherits readWrite on it',
  ),
  {
    what: 'a user of another database that holds such a role of admin',
    named: 'user u_NAME of database field_other has r_NAME on admin',
    make: async ({ databaseName: db }, client) => {
      await client.db('admin').command({ createRole: `r_${db}`, ...findsIn(db) });
      await client
        .db(OTHER)
        .command({ createUser: `u_${db}`, pwd: 'theirs', roles: [{ role: `r_${db}`, db: 'admin' }] });
    },
    remove: async ({ databaseName: db }, client) => {
      await client.db(OTHER).command({ dropUser: `u_${db}` });
      await client.db('admin').command({ dropRole: `r_${db}` });
    },
  },
  {
    what: 'a role defined in it',
    named: 'database NAME has a role theirs',
    make: (db) => db.command({ createRole: 'theirs', ...findsIn(db.databaseName) }),
    remove: (db) => db.command({ dropRole: 'theirs' }),
  },
  {
    what: 'a database whose name differs by case alone',
    named: 'there is a database NAME_CASE, whose name differs by case alone',
    make: ({ databaseName }, client) => client.db(otherCase(databaseName)).collection('theirs').insertOne({ n: 1 }),
    remove: ({ databaseName }, client) => client.db(otherCase(databaseName)).dropDatabase(),
  },
];

const otherCase = (name: string) => name.replace('freeflow_m', 'freeflow_M');

test.each(CLAIMS)(
  '$what keeps a tenant from being made there, is named, and is left as it was',
  async ({ make, remove, named }) => {
    const tenant = await openMongoTenant(harness, { isMade: false });
    await tenant.asOwner(make);
    const words = named.replace('NAME_CASE', otherCase(tenant.name)).replaceAll('NAME', tenant.name);
    await expect(tenant.step('create')).rejects.toMatchObject({
      type: 'foreign-resource',
      message: expect.stringContaining(words),
    });
    expect(await tenant.step('drop')).toContain('was absent already');
    expect(await observeFromOutside(harness.info, tenant.name.replace('freeflow_', ''))).toMatchObject({
      mongoUsers: [],
      mongoCollections: [],
    });
    await tenant.asOwner(remove);
  },
);

test.each(CLAIMS)(
  '$what, made while a tenant lives there, is named as drift, and its deletion does not depend on it',
  async ({ make, remove, named, what }) => {
    const tenant = await openMongoTenant(harness);
    // MongoDB refuses the second of two such databases, so only a tenant without collections can meet one.
    if (what.includes('case')) await tenant.asOwner((db) => db.dropDatabase());
    await tenant.asOwner(make);
    const words = named.replace('NAME_CASE', otherCase(tenant.name)).replaceAll('NAME', tenant.name);
    expect((await tenant.findDrift()).filter((it) => it.includes(words))).toHaveLength(1);
    await tenant.step('disable');
    await tenant.step('enable');
    expect(await tenant.step('drop')).toContain('dropped and seen absent');
    // A role of its own database has gone with it.
    await tenant.asOwner(remove).catch(() => undefined);
  },
);

test("rights on every database are an administrator's and keep nobody from being made", async () => {
  const user = newName('admin');
  const asAdmin = await openMongoTenant(harness, { isMade: false });
  await asAdmin.asOwner((_, client) =>
    client.db('admin').command({ createUser: user, pwd: 'theirs', roles: ['readWriteAnyDatabase', 'backup'] }),
  );
  expect(await asAdmin.step('create')).toContain('created');
  expect(await asAdmin.findDrift()).toEqual([]);
  await asAdmin.step('drop');
  await asAdmin.asOwner((_, client) => client.db('admin').command({ dropUser: user }));
});
