import { readStackInfo } from '../../../stack/stack-info';
import { newName } from '../../../test/support/activity-harness';
import { TEST_STACK } from '../../../test/support/master';
import { withMongo } from '../../../test/support/outside';
import { asMongo } from '../../../test/support/provisioner-bench';
import { PROVISIONER } from '../../provisioner/names';
import { mongoNames } from './names';
import { PRIVILEGES, type Privilege } from './role';

const info = readStackInfo(TEST_STACK);
const { user, role } = mongoNames(PROVISIONER);

const sortPrivileges = (privileges: readonly Privilege[]) =>
  privileges.map(({ resource, actions }) => JSON.stringify([resource, actions.toSorted()])).toSorted();

test('the provisioner has its own role and no other, and by it exactly the actions of the table', async () => {
  const { users } = (await asMongo(info, { usersInfo: { user, db: 'admin' }, showPrivileges: true })) as unknown as {
    users: { roles: unknown; inheritedRoles: unknown; inheritedPrivileges: Privilege[] }[];
  };
  const [found] = users;
  expect(found?.roles).toEqual([{ role, db: 'admin' }]);
  expect(found?.inheritedRoles).toEqual([{ role, db: 'admin' }]);
  expect(sortPrivileges(found?.inheritedPrivileges ?? [])).toEqual(sortPrivileges(PRIVILEGES));
});

test.each<[string, Record<string, unknown>]>([
  ['creating a role', { createRole: 'freeflow_never', privileges: [], roles: [] }],
  ['ending the server', { shutdown: 1 }],
  ["changing the server's settings", { setParameter: 1, quiet: true }],
  ["reading the server's log", { getLog: 'global' }],
  ["reading users' password hashes", { find: 'system.users', limit: 1 }],
])('it is refused: %s', async (_what, command) => {
  await expect(
    withMongo(info.mongodb.provisionerUrl, (client) => client.db('admin').command(command)),
  ).rejects.toMatchObject({ code: 13 });
});

test("it makes users and collections of a tenant, but may read and write nothing of the tenant's data", async () => {
  const database = `freeflow_${newName()}`;
  await withMongo(info.mongodb.url, (owner) => owner.db(database).collection('things').insertOne({ n: 1 }));
  try {
    await withMongo(info.mongodb.provisionerUrl, async (client) => {
      const db = client.db(database);
      await db.command({ createUser: database, pwd: 'x', roles: [{ role: 'readWrite', db: database }] });
      await db.command({ dropUser: database });
      await db.command({ create: 'others' });
      for (const command of [
        { find: 'things' },
        { insert: 'things', documents: [{ n: 2 }] },
        { delete: 'things', deletes: [{ q: {}, limit: 0 }] },
        { drop: 'things' },
        { aggregate: 'things', pipeline: [], cursor: {} },
        { update: 'things', updates: [{ q: {}, u: { $set: { n: 3 } } }] },
      ]) {
        await expect(db.command(command)).rejects.toMatchObject({ code: 13 });
      }
    });
  } finally {
    await withMongo(info.mongodb.url, (owner) => owner.db(database).dropDatabase());
  }
});
