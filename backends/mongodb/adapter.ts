import { randomUUID } from 'node:crypto';
import { MongoClient, type Db } from 'mongodb';
import { assertAllAbsent } from '../absence';
import type {
  AbsenceProof,
  AccessState,
  Backend,
  Connection,
  Drift,
  Inspection,
  Created,
  OwnedResource,
  Notes,
  Secrets,
  Target,
} from '../backend';
import { BackendFault, hasCode, messageOf } from '../failures';
import { newPassword } from '../passwords';
import { accessOf, cutAccess, giveBackAccess, MECHANISMS } from './access';
import { mongoConnection, withTenantLogin } from './address';
import { foreignClaims } from './claims';
import { collectionNames, runWrite, runRead, SERVER_LIMIT_MS } from './commands';
import { findMongoDrift, listOwnedUsers } from './drift';
import { dropAll } from './drop-all';
import { isPasswordOf } from './password';
import { assertLoginRefused, logsIn, probeFromOutside, probeMongo } from './probe';
import { isTenantsUser, rolesOn, userDetails, usersOf } from './users';

const CALL_TIMEOUT_MS = 20_000;
const USER_EXISTS = 51003;
const DATABASE_DIFFERS_BY_CASE = 13297;
/** Our own database at the server; holds which installation this is. Tenant databases are never called so. */
const META_DATABASE = 'freeflow_meta';
const TENANT_META = '_freeflow_meta';

/**
 * A database per tenant and a user of the same name in it, whose customData carries the nonce. The user is made only
 * after database and users were seen empty, since a database exists as soon as anyone writes to it. That user alone proves
 * whose it is: the tenant may change everything in the database.
 */
export class MongoBackend implements Backend {
  readonly kind = 'mongodb';
  readonly callTimeoutMs = CALL_TIMEOUT_MS;
  private readonly client: MongoClient;

  /** @param tenantUrl where tenants find the servers; left out: as we do */
  constructor(
    private readonly adminUrl: string,
    private readonly tenantUrl?: string,
  ) {
    this.client = new MongoClient(adminUrl, timeouts());
  }

  /** MongoDB has no id of its own that outlives a restart, so we leave one in our database. */
  async serverId(): Promise<string> {
    const installations = (await this.db(META_DATABASE)).collection<{ _id: string; id: string }>('installation');
    const known = await installations.findOne({ _id: 'server' }, { maxTimeMS: SERVER_LIMIT_MS });
    if (known) return `mongodb:${known.id}`;
    await installations
      .updateOne({ _id: 'server' }, { $setOnInsert: { id: randomUUID() } }, { upsert: true })
      .catch((error: unknown) => {
        if (!hasCode(error, 11000)) throw error;
      });
    return this.serverId();
  }

  async generateSecrets(): Promise<Secrets> {
    return { password: newPassword() };
  }

  async create(target: Target, secrets: Secrets): Promise<Created> {
    const { name, signal } = target;
    const found = await this.inspect(target);
    if (found.state === 'foreign') throw new BackendFault('foreign-resource', `MongoDB: ${found.owner}`);
    const db = await this.db(name);
    if (found.state === 'absent') {
      await this.refuseClaims(db, target);
      await this.createUser(target, secrets['password'] ?? '');
    } else {
      // It exists already: sets its roles again.
      await runWrite(db, { updateUser: name, roles: rolesOn(name) }, signal);
    }
    await target.announceCall();
    // Once it is recorded as made, what collections there are is the tenant's business.
    if (target.externalId === undefined) await ensureListed(db, target);
    const user = (await usersOf(db, signal)).find((it) => it.user === name);
    return {
      ...(user?.userId === undefined ? {} : { externalId: user.userId.toString() }),
      connection: this.describeConnection(target),
    };
  }

  describeConnection({ name }: Pick<Target, 'name'>): Connection {
    return mongoConnection(this.adminUrl, this.tenantUrl, name);
  }

  async probe(target: Target, secrets: Secrets): Promise<void> {
    const { name, signal } = target;
    const user = await userDetails(await this.db(name), name, signal);
    const hasOwnRoleOnly = user?.roles.every(({ role, db }) => role === 'readWrite' && db === name) ?? true;
    await this.asTenant(target, secrets, async (tenant) => {
      if (await logsIn(tenant, name)) return probeMongo(tenant, name, META_DATABASE, hasOwnRoleOnly);
      const isRestricted = (user?.authenticationRestrictions?.length ?? 0) > 0;
      if (user === undefined || !isRestricted || (await isPasswordOf(user, secrets['password'] ?? '')) !== true)
        throw new BackendFault('probe-refused', `MongoDB: the tenant's own login ${name} is refused`);
      return probeFromOutside(user, META_DATABASE);
    });
  }

  async readAccessState(target: Target, secrets: Secrets): Promise<AccessState> {
    return accessOf(await this.db(target.name), target, secrets);
  }

  async isCutBegun({ name, signal }: Target): Promise<boolean> {
    const user = (await usersOf(await this.db(name), signal)).find((it) => it.user === name);
    return user?.roles.length === 0;
  }

  async disable(target: Target): Promise<Notes> {
    return cutAccess(await this.db('admin'), await this.db(target.name), target);
  }

  async enable(target: Target, secrets: Secrets, before: AccessState | undefined): Promise<Notes> {
    return giveBackAccess(await this.db(target.name), target, secrets, before);
  }

  async assertLockedOut(target: Target, secrets: Secrets): Promise<void> {
    await this.asTenant(target, secrets, (tenant) => assertLoginRefused(tenant, target.name));
  }

  async inspect(target: Target): Promise<Inspection> {
    const { name, signal } = target;
    const db = await this.db(name);
    const users = await usersOf(db, signal);
    const ours = users.find((it) => isTenantsUser(it, target));
    if (ours) return { state: 'ours', ...(ours.userId === undefined ? {} : { externalId: ours.userId.toString() }) };
    const [stranger] = users;
    if (stranger) return { state: 'foreign', owner: `database ${name} has a user ${stranger.user} which isn't ours` };
    const collections = await collectionNames(db, signal);
    if (collections.length === 0) return { state: 'absent' };
    return {
      state: 'foreign',
      owner: `database ${name} exists with ${collections.length} collection(s) and no user of ours`,
      isUnclaimed: true,
    };
  }

  async drop(target: Target): Promise<Notes> {
    return dropAll(await this.db('admin'), await this.db(target.name), target);
  }

  async proveAbsent({ name, nonce, signal }: Target): Promise<AbsenceProof[]> {
    const db = await this.db(name);
    const users = await usersOf(db, signal);
    const collections = await collectionNames(db, signal);
    const owned = await runRead(
      await this.db('admin'),
      { usersInfo: { forAllDBs: true }, filter: { 'customData.freeflowNonce': nonce } },
      signal,
    );
    return assertAllAbsent('MongoDB', [
      [`database ${name}`, 'name', collections.length > 0],
      [`users of ${name}`, 'name', users.length > 0],
      ['a user of any database that carries the nonce', 'nonce', (owned['users'] as unknown[]).length > 0],
    ]);
  }

  async findDrift(target: Target, state: 'present' | 'disabled', secrets: Secrets): Promise<Drift[]> {
    return findMongoDrift(await this.db('admin'), await this.db(target.name), target, state, () =>
      this.takesPassword(target, secrets),
    );
  }

  async listOwned(_names: readonly string[], signal: AbortSignal): Promise<OwnedResource[]> {
    return listOwnedUsers(await this.db('admin'), signal);
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  /** Decided by the stored verifier where there is one: restrictions may refuse a login from here. */
  private async takesPassword(target: Target, secrets: Secrets): Promise<boolean> {
    const { name, signal } = target;
    const user = await userDetails(await this.db(name), name, signal);
    const matches = user && (await isPasswordOf(user, secrets['password'] ?? ''));
    return matches ?? this.asTenant(target, secrets, (tenant) => logsIn(tenant, name));
  }

  private async refuseClaims(db: Db, { signal }: Target): Promise<void> {
    const claims = await foreignClaims(await this.db('admin'), db, signal);
    if (claims.length > 0) throw new BackendFault('foreign-resource', `MongoDB: ${claims.join('; ')}`);
  }

  private async asTenant<T>({ name }: Target, secrets: Secrets, use: (tenant: MongoClient) => Promise<T>): Promise<T> {
    const tenant = new MongoClient(withTenantLogin(this.adminUrl, name, secrets['password'] ?? ''), timeouts());
    try {
      return await use(tenant);
    } finally {
      await tenant.close();
    }
  }

  /**
   * Connects first: a client whose first connection failed answers every later operation with "Topology is closed",
   * until something connects it again. When it is connected, this costs nothing.
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
      mechanisms: MECHANISMS,
      roles: rolesOn(name),
      customData: nonceDataOf(target),
    };
    await runWrite(await this.db(name), command, signal).catch((error: unknown) => {
      // Lost a race for the name: whose it is now, the next attempt reads.
      if (hasCode(error, USER_EXISTS))
        throw new BackendFault('conflict', `MongoDB: user ${name} was just created by another client`, {
          cause: error,
        });
      throw error;
    });
  }
}

/**
 * A database without collections isn't listed; a note makes it visible in a listing. It proves nothing, and what the
 * tenant has in its database by now is left as it is.
 */
async function ensureListed(db: Db, { tenantId, signal }: Target): Promise<void> {
  if ((await collectionNames(db, signal)).length > 0) return;
  const notes = db.collection<{ _id: string }>(TENANT_META);
  await notes
    .updateOne({ _id: 'tenant' }, { $setOnInsert: { tenantId } }, { upsert: true, maxTimeMS: SERVER_LIMIT_MS })
    .catch(async (error: unknown) => {
      if (hasCode(error, DATABASE_DIFFERS_BY_CASE))
        throw new BackendFault('foreign-resource', `MongoDB: ${messageOf(error)}`, { cause: error });
      // Created by another client meanwhile, as a view for instance.
      if ((await collectionNames(db, signal)).length === 0) throw error;
    });
}

const nonceDataOf = ({ nonce, tenantId }: Target) => ({ freeflowNonce: nonce, freeflowTenant: tenantId });

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
