import fc from 'fast-check';
import { BSON, type Db, type Document } from 'mongodb';
import { openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { contentOf, openMongoTenant, type MongoTenant } from './mongo-tenant';

/** More of them by hand, for a change of what is cut or given back. */
const RUNS = Number(process.env['FIELD_RUNS'] ?? 5);

let harness: ActivityHarness;
let tenant: MongoTenant;
beforeAll(async () => {
  harness = await openActivityHarness();
  tenant = await openMongoTenant(harness);
  await tenant.asOwner(async (db) => {
    await db.command({
      createRole: 'auditor',
      privileges: [{ resource: { db: tenant.name, collection: '' }, actions: ['collStats'] }],
      roles: [],
    });
    await db.command({ createUser: 'second', pwd: 'second', roles: [] });
  });
});
afterAll(async () => {
  await tenant.step('drop');
  await harness.close();
});

const ROLES = ['read', 'dbAdmin', 'dbOwner', 'auditor', 'elsewhere'] as const;
const RESTRICTIONS = [
  [],
  [{ clientSource: ['127.0.0.1'] }],
  [{ clientSource: ['10.0.0.0/8', '192.168.1.7'] }],
  [{ clientSource: ['10.1.0.0/16'], serverAddress: ['10.2.3.4'] }, { serverAddress: ['127.0.0.1'] }],
];

const setting = fc.record({
  roles: fc.subarray([...ROLES]),
  secondRoles: fc.subarray([...ROLES]),
  mechanisms: fc.constantFrom(['SCRAM-SHA-256'], ['SCRAM-SHA-1', 'SCRAM-SHA-256'], ['SCRAM-SHA-1']),
  restrictions: fc.constantFrom(...RESTRICTIONS),
  customData: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
  documents: fc.array(fc.record({ n: fc.integer(), text: fc.string(), more: fc.jsonValue({ maxDepth: 2 }) }), {
    maxLength: 5,
  }),
  collections: fc.subarray(['freeflow_probe', 'capped', 'validated', 'series', 'collated', 'view']),
  changesPassword: fc.boolean(),
  cuts: fc.constantFrom(1, 2),
});
type Setting = typeof setting extends fc.Arbitrary<infer T> ? T : never;

const OPTIONS: Record<string, Document> = {
  freeflow_probe: {},
  capped: { capped: true, size: 8192, max: 7 },
  validated: { validator: { n: { $type: 'number' } }, validationAction: 'warn' },
  series: { timeseries: { timeField: 'at', metaField: 'who' } },
  collated: { collation: { locale: 'de', strength: 2 } },
  view: { viewOn: 'freeflow_probe', pipeline: [{ $match: { n: 1 } }] },
};

const rolesIn = (db: Db, names: readonly string[]) =>
  ['readWrite', ...names].map((role) =>
    role === 'elsewhere' ? { role: 'read', db: 'field_elsewhere' } : { role, db: db.databaseName },
  );

/** What an administrator, or the tenant, may make of it. */
async function arrange(db: Db, its: Setting, password: string): Promise<void> {
  for (const { name } of await db.listCollections({ name: { $not: /^system\./ } }).toArray())
    await db.dropCollection(name);
  for (const name of its.collections) await db.createCollection(name, OPTIONS[name]);
  const isPlain = its.collections.includes('freeflow_probe');
  if (isPlain)
    await db
      .collection('freeflow_probe')
      .createIndexes([
        { key: { n: 1 }, sparse: true },
        { key: { text: 'text' } },
        { key: { at: 1 }, expireAfterSeconds: 3600 },
      ]);
  if (isPlain && its.documents.length > 0)
    await db.collection('freeflow_probe').insertMany(its.documents.map((it) => ({ ...it })));
  const { users } = await db.command({ usersInfo: db.databaseName });
  const [{ customData }] = users as [{ customData: Document }];
  const { freeflowNonce, freeflowTenant } = customData;
  await db.command({
    updateUser: db.databaseName,
    pwd: password,
    mechanisms: its.mechanisms,
    roles: rolesIn(db, its.roles),
    authenticationRestrictions: its.restrictions,
    customData: { ...its.customData, freeflowNonce, freeflowTenant },
  });
  await db.command({
    updateUser: 'second',
    roles: rolesIn(db, its.secondRoles),
    customData: its.customData,
    authenticationRestrictions: its.restrictions,
  });
}

/** Sets that the server gives as lists, in an order that differs from time to time. */
const SETS: ReadonlySet<string> = new Set(['roles', 'inheritedRoles', 'inheritedPrivileges']);
const inOrder = (text: string): unknown =>
  JSON.parse(text, (key, value: unknown) =>
    SETS.has(key) && Array.isArray(value) ? value.map((it) => JSON.stringify(it)).toSorted() : value,
  );

/** Users with all that the server tells of them, and all that stands in the database. */
async function everything(db: Db): Promise<unknown> {
  const show = async (user: string, showCredentials: boolean) =>
    (
      await db.command({ usersInfo: user, showCredentials, showPrivileges: true, showAuthenticationRestrictions: true })
    )['users'] as unknown;
  return inOrder(
    BSON.EJSON.stringify(
      { ours: await show(db.databaseName, false), second: await show('second', true), content: await contentOf(db) },
      { relaxed: false },
    ),
  );
}

test('whatever is set on users and data, suspended and resumed they are as they were, and the stored password works', async () => {
  const password = decodeURIComponent(new URL(await tenant.url()).password);
  await fc.assert(
    fc.asyncProperty(setting, async (its) => {
      await tenant.asOwner((db) => arrange(db, its, its.changesPassword ? 'another' : password));
      const before = await tenant.asOwner(everything);
      for (let n = 0; n < its.cuts; n++) await tenant.step('disable');
      expect(
        await tenant.asOwner(async (db) => (await db.command({ usersInfo: 1 }))['users'] as unknown),
      ).toMatchObject([{ roles: [] }, { roles: [] }]);
      expect((await tenant.step('enable')).includes('had been changed')).toBe(its.changesPassword);
      expect(await tenant.asOwner(everything)).toEqual(before);
      expect((await tenant.findDrift()).filter((it) => it.includes('password'))).toEqual([]);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});

test('a tenant that changes its own password is suspended and resumed, the stored one works again, and the log says so', async () => {
  const own = await openMongoTenant(harness);
  await own.asOwner((db) =>
    db.command({
      createRole: 'changer',
      roles: [],
      privileges: [{ resource: { db: own.name, collection: '' }, actions: ['changeOwnPassword'] }],
    }),
  );
  await own.asOwner((db) => db.command({ grantRolesToUser: own.name, roles: ['changer'] }));
  await own.asTenant((db) => db.command({ updateUser: own.name, pwd: 'mine' }));
  await own.step('disable');
  expect(await own.step('enable')).toContain(
    `the password of user ${own.name} had been changed; the stored one works again`,
  );
  expect(await own.asTenant((db) => db.command({ connectionStatus: 1 }))).toMatchObject({ ok: 1 });
  await own.step('drop');
});

test('what is gone when a tenant is resumed, a role or another user, is named and stops nothing', async () => {
  const own = await openMongoTenant(harness);
  await own.asOwner(async (db) => {
    await db.command({ createRole: 'passing', roles: [], privileges: [] });
    await db.command({ createUser: 'passer', pwd: 'passer', roles: ['read'] });
    await db.command({ grantRolesToUser: own.name, roles: ['passing'] });
  });
  expect(await own.step('disable')).toContain('user passer of the same database is cut off as well');
  await own.asOwner((db) => db.command({ dropRole: 'passing' }));
  await own.asOwner((db) => db.command({ dropUser: 'passer' }));
  const message = await own.step('enable');
  expect(message).toContain(`there is no longer: passing on ${own.name}`);
  expect(message).toContain("user passer isn't there any more");
  await own.step('drop');
});

test('a tenant whose right had been taken away before its suspension has it again when it is resumed', async () => {
  const own = await openMongoTenant(harness);
  await own.asOwner((db) => db.command({ updateUser: own.name, roles: ['read'] }));
  await own.step('disable');
  expect(await own.step('enable')).toContain(
    `user ${own.name} had read on ${own.name}; it has readWrite on ${own.name} again`,
  );
  await own.step('drop');
});

test('an open connection of the tenant is refused while it is suspended and goes on once it is resumed', async () => {
  const own = await openMongoTenant(harness);
  await own.asTenant(async (db) => {
    await db.collection('own').insertOne({ n: 1 });
    await own.step('disable');
    await expect(db.collection('own').findOne()).rejects.toMatchObject({ code: 13 });
    await own.step('enable');
    expect(await db.collection('own').findOne()).toMatchObject({ n: 1 });
  });
  await own.step('drop');
});
