import type { Document } from 'mongodb';
import type { Attack } from './attack';
import type { TenantSession } from './tenant-session';

const run = (
  what: string,
  database: string,
  command: Document | ((by: TenantSession, on: TenantSession) => Document),
): Attack => ({
  what,
  as: 'its user',
  answer: '13',
  run: (by, on) => by.mongodb.run(database, typeof command === 'function' ? command(by, on) : command),
});

/** The databases of server and platform: what is in them, and what is tried in each. */
const CLOSED: [database: string, collection: string][] = [
  ['admin', 'system.users'],
  ['admin', 'system.version'],
  ['config', 'system.sessions'],
  ['config', 'transactions'],
  ['local', 'startup_log'],
  ['freeflow_meta', 'installation'],
];

const IN_CLOSED_DATABASES = [
  ...CLOSED.map(([database, collection]) => run(`read ${database}.${collection}`, database, { find: collection })),
  ...['admin', 'config', 'local', 'freeflow_meta'].flatMap((database) => [
    run(`list the collections of ${database}`, database, { listCollections: 1 }),
    run(`write to ${database}`, database, { insert: 'mine', documents: [{}] }),
  ]),
  run('forget which server this is (freeflow_meta)', 'freeflow_meta', {
    delete: 'installation',
    deletes: [{ q: {}, limit: 0 }],
  }),
  run('make a database, as of a tenant to come', 'freeflow_attack', { insert: 'mine', documents: [{}] }),
  run('make a user for a tenant to come', 'freeflow_attack', { createUser: 'mine', pwd: 'mine', roles: [] }),
  run('make a root user', 'admin', { createUser: 'mine', pwd: 'mine', roles: ['root'] }),
  run('list all databases', 'admin', { listDatabases: 1, authorizedDatabases: false }),
  run("take the provisioner's role away", 'admin', {
    revokeRolesFromUser: 'freeflow_provisioner',
    roles: ['freeflowProvisioner'],
  }),
  run("read the provisioner's role", 'admin', { rolesInfo: 'freeflowProvisioner', showPrivileges: true }),
  run('move its own collection to the other', 'admin', (by, on) => ({
    renameCollection: `${by.mongodb.database}.own`,
    to: `${on.mongodb.database}.own`,
  })),
  run("move the other's collection to itself", 'admin', (by, on) => ({
    renameCollection: `${on.mongodb.database}.seed_data`,
    to: `${by.mongodb.database}.seed_data`,
  })),
];

const userOf = ({ mongodb: { database } }: TenantSession) => ({ user: database, db: database });

const SESSIONS = [
  run("end the other's sessions", 'admin', (_, on) => ({ killAllSessions: [userOf(on)] })),
  run("end the other's sessions, by pattern", 'admin', (_, on) => ({
    killAllSessionsByPattern: [{ users: [userOf(on)] }],
  })),
  run('end all sessions', 'admin', { killAllSessions: [] }),
  run('see what runs', 'admin', { currentOp: 1 }),
  run('see what everybody runs ($currentOp)', 'admin', {
    aggregate: 1,
    pipeline: [{ $currentOp: { allUsers: true } }],
    cursor: {},
  }),
  run("list everybody's sessions", 'admin', {
    aggregate: 1,
    pipeline: [{ $listLocalSessions: { allUsers: true } }],
    cursor: {},
  }),
  run('end an operation', 'admin', { killOp: 1, op: 1 }),
];

/** A cursor of the other, still open: its next documents are read, and it is closed. */
const CURSORS: Attack[] = ['getMore', 'killCursors'].map((name) => ({
  what: name === 'getMore' ? "read on from the other's open cursor" : "close the other's open cursor",
  as: 'its user',
  answer: '13',
  run: async ({ mongodb: by }, { mongodb: on }) => {
    const { cursor } = await on.answer(on.database, { find: 'seed_data', batchSize: 1 });
    const { id } = cursor as { id: unknown };
    const answer = await by.run(
      on.database,
      name === 'getMore' ? { getMore: id, collection: 'seed_data' } : { killCursors: 'seed_data', cursors: [id] },
    );
    await on.run(on.database, { killCursors: 'seed_data', cursors: [id] });
    return answer;
  },
}));

const SERVER = [
  ['see the state of the server', { serverStatus: 1 }],
  ['see the machine', { hostInfo: 1 }],
  ['read the command line of the server', { getCmdLineOpts: 1 }],
  ["read the server's log", { getLog: 'global' }],
  ["read the server's parameters", { getParameter: '*' }],
  ["change the server's parameters", { setParameter: 1, logLevel: 1 }],
  ['see the collections in use (top)', { top: 1 }],
  ['see the connections', { connPoolStats: 1 }],
  ['lock all writing', { fsync: 1, lock: true }],
  ['begin a new log', { logRotate: 1 }],
  ['make it a replica set', { replSetInitiate: {} }],
  ['shut the server down', { shutdown: 1 }],
] satisfies [string, Document][];

/** Attempts at what all tenants share. */
export const ON_THE_SERVER: readonly Attack[] = [
  ...IN_CLOSED_DATABASES,
  ...SESSIONS,
  ...CURSORS,
  ...SERVER.map(([what, command]) => run(what, 'admin', command)),
];
