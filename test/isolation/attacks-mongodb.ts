import type { Document } from 'mongodb';
import { partsOf, type Attack, type Matrix } from './attack';
import { ON_THE_SERVER } from './attacks-mongodb-server';
import { MONGODB_LIMITS } from './limits-mongodb';
import type { MongoReach } from './mongodb-reach';
import type { TenantSession } from './tenant-session';

const AS = 'its user';
const DENIED = '13';
const WRONG_LOGIN = '18';

type Command = (by: MongoReach, on: MongoReach) => Document;

const onOther = (what: string, command: Command): Attack => ({
  what,
  as: AS,
  answer: DENIED,
  run: ({ mongodb: by }, { mongodb: on }) => by.run(on.database, command(by, on)),
});
const onOwn = (what: string, command: Command, answer = DENIED): Attack => ({
  what,
  as: AS,
  answer,
  run: ({ mongodb: by }, { mongodb: on }) => by.run(by.database, command(by, on)),
});
const logIn = (
  what: string,
  changes: (by: TenantSession, on: TenantSession) => Parameters<MongoReach['logIn']>[0],
  as = AS,
  answer = WRONG_LOGIN,
): Attack => ({
  what,
  as,
  answer,
  run: (by, on) => by.mongodb.logIn(changes(by, on)),
});
const ANOTHER_NAME = 'another name, its own password';

const LOGINS = [
  logIn("log in at the other's database", (_, on) => ({ source: on.mongodb.database })),
  logIn('log in at `admin`', () => ({ source: 'admin' })),
  logIn('log in by the weaker SCRAM-SHA-1', () => ({ mechanism: 'SCRAM-SHA-1' })),
  logIn(
    "log in as the other's user, at the other's database",
    (_, on) => ({ user: on.mongodb.database, source: on.mongodb.database }),
    ANOTHER_NAME,
  ),
  logIn("log in as the other's user, at its own database", (_, on) => ({ user: on.mongodb.database }), ANOTHER_NAME),
  logIn('log in as the provisioner', () => ({ user: 'freeflow_provisioner', source: 'admin' }), ANOTHER_NAME),
  logIn('log in as the root user', () => ({ user: 'freeflow_root', source: 'admin' }), ANOTHER_NAME),
  logIn("log in as the server's own user", () => ({ user: '__system', source: 'local' }), ANOTHER_NAME),
];

const THINGS = { find: 'seed_data' };
const intoOther = (database: string) => ({ db: database, coll: 'seed_data' });

const ON_THE_OTHER = [
  onOther("read the other's collection", () => THINGS),
  onOther("count the other's documents", () => ({ count: 'seed_data' })),
  onOther("aggregate the other's collection", () => ({ aggregate: 'seed_data', pipeline: [], cursor: {} })),
  onOther("ask how the other's query would run", () => ({ explain: THINGS })),
  onOther("read the figures of the other's database", () => ({ dbStats: 1 })),
  onOther("list the other's collections", () => ({ listCollections: 1 })),
  onOther("list the other's collections, those it may see", () => ({
    listCollections: 1,
    nameOnly: true,
    authorizedCollections: true,
  })),
  onOther("list the other's indexes", () => ({ listIndexes: 'seed_data' })),
  onOther("watch the other's changes", () => ({ aggregate: 1, pipeline: [{ $changeStream: {} }], cursor: {} })),
  onOther('write to the other', () => ({ insert: 'seed_data', documents: [{ n: 0 }] })),
  onOther("change the other's documents", () => ({
    update: 'seed_data',
    updates: [{ q: {}, u: { $set: { n: 0 } }, multi: true }],
  })),
  onOther("delete the other's documents", () => ({ delete: 'seed_data', deletes: [{ q: {}, limit: 0 }] })),
  onOther("make a collection in the other's database", () => ({ create: 'mine' })),
  onOther("make an index on the other's collection", () => ({
    createIndexes: 'seed_data',
    indexes: [{ key: { n: 1 }, name: 'mine' }],
  })),
  onOther("drop the other's collection", () => ({ drop: 'seed_data' })),
  onOther("drop the other's database", () => ({ dropDatabase: 1 })),
  onOther("list the other's users", () => ({ usersInfo: 1 })),
  onOther("make a user in the other's database", () => ({ createUser: 'mine', pwd: 'mine', roles: [] })),
  onOther("change the other's password", (_, on) => ({ updateUser: on.database, pwd: 'stolen' })),
  onOther("change the other's nonce (customData)", (_, on) => ({ updateUser: on.database, customData: {} })),
  onOther('drop the user of the other', (_, on) => ({ dropUser: on.database })),
  onOwn('write its own documents into the other ($merge)', (_, on) => ({
    aggregate: 'own',
    pipeline: [{ $merge: { into: intoOther(on.database) } }],
    cursor: {},
  })),
  onOwn("replace the other's collection ($out)", (_, on) => ({
    aggregate: 'own',
    pipeline: [{ $out: intoOther(on.database) }],
    cursor: {},
  })),
  onOwn('write into the other by mapReduce', (_, on) => ({
    mapReduce: 'own',
    map: 'function () { emit(1, 1) }',
    reduce: 'function () { return 1 }',
    out: { merge: 'seed_data', db: on.database },
  })),
  onOwn(
    "read the other's collection by $lookup",
    (_, on) => ({
      aggregate: 'own',
      pipeline: [{ $lookup: { from: intoOther(on.database), pipeline: [], as: 'stolen' } }],
      cursor: {},
    }),
    '9',
  ),
  onOwn('write an operation into the other (applyOps)', (_, on) => ({
    applyOps: [{ op: 'i', ns: `${on.database}.seed_data`, o: { _id: 1 } }],
  })),
];

const ON_ITSELF = [
  onOwn('drop its own database', () => ({ dropDatabase: 1 })),
  onOwn('list the users of its own database', () => ({ usersInfo: 1 })),
  onOwn('make a user', () => ({ createUser: 'mine', pwd: 'mine', roles: [] })),
  onOwn('make a role', () => ({ createRole: 'mine', privileges: [], roles: [] })),
  onOwn("grant itself the other's database", (by, on) => ({
    grantRolesToUser: by.database,
    roles: [{ role: 'readWrite', db: on.database }],
  })),
  onOwn('grant itself dbOwner', (by) => ({
    grantRolesToUser: by.database,
    roles: [{ role: 'dbOwner', db: by.database }],
  })),
  onOwn('grant itself root', (by) => ({ grantRolesToUser: by.database, roles: [{ role: 'root', db: 'admin' }] })),
  onOwn('change its own password', (by) => ({ updateUser: by.database, pwd: 'mine' })),
  onOwn('change its own nonce (customData)', (by) => ({ updateUser: by.database, customData: {} })),
  onOwn('drop its own user', (by) => ({ dropUser: by.database })),
  onOwn('write users by hand (system.users)', () => ({ insert: 'system.users', documents: [{}] })),
  onOwn('write views by hand (system.views)', () => ({ insert: 'system.views', documents: [{ _id: 'mine' }] })),
  onOwn('record the queries of its database (profile)', () => ({ profile: 2 })),
];

const RIGHTS = [
  onOwn(
    'write a document of its own',
    () => ({ update: 'own', updates: [{ q: { _id: 1 }, u: { _id: 1 }, upsert: true }] }),
    'done',
  ),
  onOwn('read its own collection', () => ({ find: 'own' }), 'done'),
  {
    what: 'list databases: its own is the only one',
    as: AS,
    answer: '(own)',
    run: async ({ mongodb: by }: TenantSession) => {
      const { databases } = await by.answer('admin', { listDatabases: 1 });
      return (databases as { name: string }[])
        .map((it) => it.name)
        .join(', ')
        .replace(by.database, '(own)');
    },
  },
  logIn('log in at its own database', () => ({}), AS, 'done'),
];

export const MONGODB: Matrix = {
  title: 'MongoDB',
  codes: '`13` unauthorized, `18` authentication failed, `9` this server knows no $lookup into another database',
  parts: partsOf(RIGHTS, [...LOGINS, ...ON_THE_OTHER, ...ON_ITSELF, ...ON_THE_SERVER], MONGODB_LIMITS),
};
