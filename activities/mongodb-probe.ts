import type { Document, MongoClient } from 'mongodb';
import { BackendFault, hasCode, messageOf } from './failures';

const UNAUTHORIZED = 13;
const AUTHENTICATION_FAILED = 18;
/** Holds the probe's one document for as long as the probe takes. */
const PROBE_COLLECTION = 'freeflow_probe';

/**
 * As the tenant: writes and reads in its own database, and is refused at `admin`, at our own database, at making users
 * and at changing its mark, each time by code 13 (Unauthorized).
 * @param mark the customData its user has, so that a change that is let changes nothing
 */
export async function probeMongo(tenant: MongoClient, ownDatabase: string, foreignDatabase: string, mark: Document): Promise<void> {
  const own = tenant.db(ownDatabase);
  const probes = own.collection<{ _id: string; value: number }>(PROBE_COLLECTION);
  await probes.replaceOne({ _id: 'probe' }, { value: 42 }, { upsert: true });
  const read = await probes.findOne({ _id: 'probe' });
  if (read?.value !== 42) throw new BackendFault('probe-refused', 'MongoDB: the tenant did not read back what it wrote');
  await probes.drop();

  const attempts: Record<string, [database: string, command: Document]> = {
    'reading system.users': ['admin', { find: 'system.users', limit: 1 }],
    'reading our own database': [foreignDatabase, { find: 'installation', limit: 1 }],
    'writing to our own database': [foreignDatabase, { insert: 'probe', documents: [{ value: 1 }] }],
    'listing users': [ownDatabase, { usersInfo: 1 }],
    'making a user': [ownDatabase, { createUser: 'freeflow_probe', pwd: 'never-made', roles: [] }],
    'changing its mark': [ownDatabase, { updateUser: ownDatabase, customData: mark }],
  };
  for (const [what, [database, command]] of Object.entries(attempts)) {
    await refused(what, () => tenant.db(database).command(command));
  }
}

/** Sees the tenant's own login refused. */
export async function refusedMongo(tenant: MongoClient, ownDatabase: string): Promise<void> {
  try {
    await tenant.db(ownDatabase).command({ connectionStatus: 1 });
  } catch (error) {
    if (hasCode(error, AUTHENTICATION_FAILED)) return;
    throw error;
  }
  throw new BackendFault('still-open', 'MongoDB: the tenant still logs in');
}

async function refused(what: string, attempt: () => Promise<unknown>): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (hasCode(error, UNAUTHORIZED)) return;
    throw new BackendFault('probe-refused', `MongoDB: ${what} as the tenant ended in ${messageOf(error)}, expected code 13`, { cause: error });
  }
  throw new BackendFault('probe-leak', `MongoDB: ${what} as the tenant was not refused`);
}
