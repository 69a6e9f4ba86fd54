import { randomUUID } from 'node:crypto';
import { MongoClient, type Db } from 'mongodb';
import { allAbsent } from './absence';
import type { Absence, Backend, Connection, Difference, Inspection, Made, Marked, Notes, Secrets, Target } from './backend';
import { BackendFault, hasCode } from './failures';
import { mongoConnection, withTenantLogin } from './mongodb-address';
import { probeMongo, refusedMongo } from './mongodb-probe';
import { mongoDifferences, mongoMarks, rolesOn, usersOf } from './mongodb-state';
import { newPassword } from './passwords';

const CALL_TIMEOUT_MS = 20_000;
const USER_EXISTS = 51003;
const USER_MISSING = 11;
/** Our own database at the server; holds which installation this is. Tenant databases are never called so. */
const META_DATABASE = 'freeflow_meta';
const TENANT_META = '_freeflow_meta';

/** Confirmed once it outlives a crash of the server. */
const JOURNALED = { w: 'majority', j: true } as const;
// SCRAM-SHA-256 alone: the older hash is weaker, and hashing for both takes longer.
const HOW = { mechanisms: ['SCRAM-SHA-256'], writeConcern: JOURNALED };

/**
 * A database per tenant and a user of the same name in it, whose customData carries the nonce. The user is made only
 * after database and users were seen empty, since a database exists as soon as anybody writes to it.
 */
export class MongoBackend implements Backend {
  readonly kind = 'mongodb';
  readonly callTimeoutMs = CALL_TIMEOUT_MS;
  readonly probeWrites = true;
  private readonly client: MongoClient;

  /** @param tenantUrl where tenants find the servers; left out: as we do */
  constructor(private readonly adminUrl: string, private readonly tenantUrl?: string) {
    this.client = new MongoClient(adminUrl, timeouts());
  }

  /** MongoDB has no id of its own that outlives a restart, so we leave one in our database. */
  async serverId(): Promise<string> {
    const installations = (await this.db(META_DATABASE)).collection<{ _id: string; id: string }>('installation');
    const known = await installations.findOne({ _id: 'server' });
    if (known) return `mongodb:${known.id}`;
    await installations.updateOne({ _id: 'server' }, { $setOnInsert: { id: randomUUID() } }, { upsert: true }).catch((error: unknown) => {
      if (!hasCode(error, 11000)) throw error;
    });
    return this.serverId();
  }

  async newSecrets(): Promise<Secrets> {
    return { password: newPassword() };
  }

  async create(target: Target, secrets: Secrets): Promise<Made> {
    const { name, signal } = target;
    const found = await this.inspect(target);
    if (found.state === 'foreign') throw new BackendFault('foreign-resource', `MongoDB: ${found.owner}`);
    const db = await this.db(name);
    if (found.state === 'absent') await this.createUser(target, secrets['password'] ?? '');
    // Made already: says once more what it may do.
    else await db.command({ updateUser: name, roles: rolesOn(name), writeConcern: JOURNALED }, { signal });
    // A database without collections isn't listed; this one makes it visible to whoever looks.
    await db.collection<{ _id: string }>(TENANT_META).updateOne({ _id: 'tenant' }, { $set: { tenantId: target.tenantId } }, { upsert: true });
    const [user] = await usersOf(db, signal);
    return {
      ...(user?.userId === undefined ? {} : { externalId: user.userId.toString() }),
      connection: this.connectionOf(target),
    };
  }

  connectionOf({ name }: Pick<Target, 'name'>): Connection {
    return mongoConnection(this.adminUrl, this.tenantUrl, name);
  }

  async probe(target: Target, secrets: Secrets): Promise<void> {
    await this.asTenant(target, secrets, (tenant) => probeMongo(tenant, target.name, META_DATABASE, markOf(target)));
  }

  /** A throwaway password ends logins; without roles even an open session is refused at once; then its cursors are ended. */
  async disable({ name, signal }: Target): Promise<Notes> {
    const db = await this.db(name);
    await db.command({ updateUser: name, roles: [], pwd: newPassword(), ...HOW }, { signal });
    await (await this.db('admin')).command({ killAllSessions: [{ user: name, db: name }] }, { signal });
    return [];
  }

  async enable({ name, signal }: Target, secrets: Secrets): Promise<Notes> {
    await (await this.db(name)).command({ updateUser: name, roles: rolesOn(name), pwd: secrets['password'] ?? '', ...HOW }, { signal });
    return [];
  }

  async refused(target: Target, secrets: Secrets): Promise<void> {
    await this.asTenant(target, secrets, (tenant) => refusedMongo(tenant, target.name));
  }

  async inspect({ name, nonce, signal }: Target): Promise<Inspection> {
    const db = await this.db(name);
    const users = await usersOf(db, signal);
    const ours = users.find((it) => it.user === name && it.customData?.freeflowNonce === nonce);
    if (ours) return { state: 'ours', ...(ours.userId === undefined ? {} : { externalId: ours.userId.toString() }) };
    const [stranger] = users;
    if (stranger) return { state: 'foreign', owner: `database ${name} has a user ${stranger.user} which isn't ours` };
    const collections = await db.listCollections({}, { nameOnly: true, signal }).toArray();
    if (collections.length === 0) return { state: 'absent' };
    return { state: 'foreign', owner: `database ${name} exists with ${collections.length} collection(s) and no user of ours`, isUnmarked: true };
  }

  async drop({ name, signal }: Target): Promise<Notes> {
    const db = await this.db(name);
    // Without roles even an open session is refused at once; otherwise a late write would bring the database back.
    await db.command({ updateUser: name, roles: [], pwd: newPassword(), ...HOW }, { signal });
    await db.command({ dropDatabase: 1, writeConcern: JOURNALED }, { signal });
    // The user carries the nonce, so it goes last; dropDatabase leaves users alone.
    await db.command({ dropUser: name, writeConcern: JOURNALED }, { signal }).catch((error: unknown) => {
      if (!hasCode(error, USER_MISSING)) throw error;
    });
    return [];
  }

  async absence({ name, nonce, signal }: Target): Promise<Absence[]> {
    const db = await this.db(name);
    const users = await usersOf(db, signal);
    const collections = await db.listCollections({}, { nameOnly: true, signal }).toArray();
    const marked = await (await this.db('admin')).command({ usersInfo: { forAllDBs: true }, filter: { 'customData.freeflowNonce': nonce } }, { signal });
    return allAbsent('MongoDB', [
      [`database ${name}`, 'name', collections.length > 0],
      [`users of ${name}`, 'name', users.length > 0],
      ['a user of any database that carries the nonce', 'nonce', (marked['users'] as unknown[]).length > 0],
    ]);
  }

  async differences(target: Target, state: 'present' | 'disabled', secrets: Secrets): Promise<Difference[]> {
    return mongoDifferences(await this.db(target.name), target, state, () => this.takesPassword(target, secrets));
  }

  async marked(_names: readonly string[], signal: AbortSignal): Promise<Marked[]> {
    return mongoMarks(await this.db('admin'), signal);
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  private async takesPassword(target: Target, secrets: Secrets): Promise<boolean> {
    try {
      await this.refused(target, secrets);
      return false;
    } catch (error) {
      if (error instanceof BackendFault && error.type === 'still-open') return true;
      throw error;
    }
  }

  private async asTenant({ name }: Target, secrets: Secrets, use: (tenant: MongoClient) => Promise<void>): Promise<void> {
    const tenant = new MongoClient(withTenantLogin(this.adminUrl, name, secrets['password'] ?? ''), timeouts());
    try {
      await use(tenant);
    } finally {
      await tenant.close();
    }
  }

  /**
   * Connects first: a client whose first connection failed answers every later operation with "Topology is closed",
   * until somebody connects it again. When it is connected, this costs nothing.
   */
  private async db(name: string): Promise<Db> {
    return (await this.client.connect()).db(name);
  }

  private async createUser(target: Target, pwd: string): Promise<void> {
    const { name, signal } = target;
    signal.throwIfAborted();
    const command = {
      createUser: name,
      pwd,
      ...HOW,
      roles: rolesOn(name),
      customData: markOf(target),
    };
    await (await this.db(name)).command(command, { signal }).catch((error: unknown) => {
      // Lost a race for the name: whose it is now, the next attempt reads.
      if (hasCode(error, USER_EXISTS)) throw new BackendFault('conflict', `MongoDB: user ${name} has just been made by somebody`, { cause: error });
      throw error;
    });
  }
}

const markOf = ({ nonce, tenantId }: Target) => ({ freeflowNonce: nonce, freeflowTenant: tenantId });

function timeouts() {
  return {
    serverSelectionTimeoutMS: 5_000,
    connectTimeoutMS: 5_000,
    socketTimeoutMS: CALL_TIMEOUT_MS,
    waitQueueTimeoutMS: 5_000,
    maxPoolSize: 8,
    appName: 'freeflow-worker',
  };
}
