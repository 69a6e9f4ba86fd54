import { type Db, MongoClient, MongoServerError } from 'mongodb';
import { messageOf } from '../files';

const TIMEOUTS = { serverSelectionTimeoutMS: 3_000, connectTimeoutMS: 3_000 };
const PROVISIONER = 'freeflow_provisioner';
const ROLE = 'freeflowProvisioner';

const ALREADY_EXISTS_CODES: unknown[] = [51002, 51003];
const AUTHENTICATION_FAILED = 18;
const UNAUTHORIZED = 13;

/** What the worker does in any database: users and their rights, the data it probes with, the drop. It is no root, but could grant itself root: MongoDB can't narrow grantRole by name. */
const ANYWHERE = ['createUser', 'dropUser', 'grantRole', 'revokeRole', 'viewUser', 'changePassword', 'changeCustomData', 'dropDatabase', 'find', 'insert', 'update', 'remove', 'createCollection', 'dropCollection', 'createIndex', 'dropIndex', 'listCollections', 'listIndexes', 'collStats', 'dbStats'];
const PRIVILEGES = [
  { resource: { db: '', collection: '' }, actions: ANYWHERE },
  { resource: { cluster: true }, actions: ['listDatabases', 'killAnySession', 'viewUser'] },
];

/** Runs against the admin database and closes the connection. */
async function withAdmin<T>(url: string, work: (admin: Db) => Promise<T>): Promise<T> {
  const client = new MongoClient(url, TIMEOUTS);
  try {
    return await work(client.db('admin'));
  } finally {
    await client.close();
  }
}

/** Throws while the server does not answer, or refuses the credentials in the URL. */
export const checkMongo = (url: string): Promise<void> => withAdmin(url, async (admin) => { await admin.command({ hello: 1 }); });

/** The first user of a server with --auth is made without logging in, which only loopback allows and only once. */
export async function ensureRootUser(host: string, user: string, password: string): Promise<void> {
  const logIn = () => checkLogin(`mongodb://${user}:${password}@${host}/?authSource=admin&directConnection=true`);
  if (await logIn()) return;
  await withAdmin(`mongodb://${host}/?directConnection=true`, (admin) => admin.command({ createUser: user, pwd: password, roles: ['root'] }));
}

const checkLogin = (url: string): Promise<boolean> => withAdmin(url, async (admin) => { await admin.command({ connectionStatus: 1 }); return true; }).catch((error: unknown) => {
  if (error instanceof MongoServerError && error.code === AUTHENTICATION_FAILED) return false;
  throw error;
});

export interface MongoSetUp {
  /** With an administrator's credentials. */
  url: string;
  password: string;
  /** Whether the server is the stack's own: on another one a user that exists is never given a new password. */
  isOurs: boolean;
  note: (text: string) => void;
}

/** Makes the provisioner, a user with a role of its own, and returns the URL to use for it; without the rights to, the given URL. */
export async function setUpMongo({ url, password, isOurs, note }: MongoSetUp): Promise<string> {
  const provisionerUrl = withCredentials(url, PROVISIONER, password);
  try {
    await withAdmin(url, async (admin) => {
      await createOrUpdate(admin, { createRole: ROLE, privileges: PRIVILEGES, roles: [] }, { updateRole: ROLE, privileges: PRIVILEGES, roles: [] });
      const roles = [{ role: ROLE, db: 'admin' }];
      await createOrUpdate(admin, { createUser: PROVISIONER, pwd: password, roles }, isOurs ? { updateUser: PROVISIONER, pwd: password, roles } : undefined);
    });
  } catch (error) {
    if (isOurs || !(error instanceof MongoServerError) || error.code !== UNAUTHORIZED) throw error;
    note(`no user of its own could be made for the worker (${messageOf(error)}); MONGODB_ADMIN_URL is used as it is`);
    return url;
  }
  if (await checkLogin(provisionerUrl)) return provisionerUrl;
  note(`the user ${PROVISIONER} exists with another password; MONGODB_ADMIN_URL is used as it is`);
  return url;
}

async function createOrUpdate(admin: Db, create: Record<string, unknown>, update: Record<string, unknown> | undefined): Promise<void> {
  try {
    await admin.command(create);
  } catch (error) {
    if (!(error instanceof MongoServerError) || !ALREADY_EXISTS_CODES.includes(error.code)) throw error;
    if (update !== undefined) await admin.command(update);
  }
}

/** The same servers and options, another user. Written by text, since a list of hosts is no URL that `URL` would take. */
function withCredentials(url: string, user: string, password: string): string {
  const [, scheme, hosts, path, query] = /^(mongodb(?:\+srv)?:\/\/)(?:[^@/]*@)?([^/?]*)(\/[^?]*)?(?:\?(.*))?$/.exec(url) ?? [];
  if (scheme === undefined || hosts === undefined) throw new Error('MONGODB_ADMIN_URL is not a MongoDB URL');
  const options = new URLSearchParams(query);
  options.set('authSource', 'admin');
  options.delete('authMechanism');
  return `${scheme}${user}:${password}@${hosts}${path ?? '/'}?${options.toString()}`;
}
