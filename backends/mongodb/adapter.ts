import type { Usage } from '@freeflow/contract';
import { isTracing } from '@freeflow/lib/tracing';
import { MongoClient, type Db } from 'mongodb';
import { assertAllAbsent } from '../absence';
import type {
  AbsenceProof,
  AccessState,
  Backend,
  Connection,
  Credential,
  Drift,
  Inspection,
  Created,
  LimitState,
  OwnedResource,
  Notes,
  OnFile,
  PlannedFile,
  Secrets,
  Target,
} from '../backend';
import { BackendFault } from '../failures';
import { newPassword } from '../passwords';
import { sideBySide } from '../side-by-side';
import { accessOf, cutAccess, giveBackAccess } from './access';
import { mongoConnection, withTenantLogin } from './address';
import { applyBlueprint, findBlueprintDrift } from './blueprint/apply';
import { collectionNames, runRead, runWrite } from './commands';
import { createOwner, ensureListed } from './create';
import { findMongoDrift, listOwnedUsers } from './drift';
import { dropAll } from './drop-all';
import { NOTHING_TO_LIMIT, NO_LIMITS } from './limits';
import { countConnections, measureAsTenant, sizeOnDisk } from './measure';
import { isPasswordOf } from './password';
import { assertLoginRefused, logsIn, probeFromOutside, probeMongo } from './probe';
import { endUser, issueUser } from './rotate';
import { readServerId } from './server-id';
import { traceCommands } from './trace-commands';
import { isTenantsUser, loginUser, rolesOn, userDetails, usersOf } from './users';

const CALL_TIMEOUT_MS = 20_000;
/** Our own database at the server; holds which installation this is. Tenant databases are never called so. */
const META_DATABASE = 'freeflow_meta';

/**
 * A database per tenant and a user of the same name in it, whose customData carries the nonce. The user is made only
 * after database and users were seen empty, since a database exists as soon as anyone writes to it. That user alone
 * proves whose it is: the tenant may change everything in the database.
 */
export class MongoBackend implements Backend {
  readonly kind = 'mongodb';
  readonly secretNames = ['password'];
  readonly callTimeoutMs = CALL_TIMEOUT_MS;
  private readonly client: MongoClient;

  /** @param tenantUrl where tenants find the servers; left out: as we do */
  constructor(
    private readonly adminUrl: string,
    private readonly tenantUrl?: string,
  ) {
    this.client = traceCommands(new MongoClient(adminUrl, options()));
  }

  async serverId(): Promise<string> {
    return readServerId(await this.db(META_DATABASE));
  }

  async generateSecrets(): Promise<Secrets> {
    return { password: newPassword() };
  }

  async create(target: Target, secrets: Secrets): Promise<Created> {
    const { name, signal } = target;
    const found = await this.inspect(target);
    if (found.state === 'foreign') throw new BackendFault('foreign-resource', `MongoDB: ${found.owner}`);
    const db = await this.db(name);
    if (found.state === 'absent') await createOwner(await this.db('admin'), db, target, secrets['password'] ?? '');
    // It exists already: sets its roles again.
    else await runWrite(db, { updateUser: loginUser(target), roles: rolesOn(name) }, signal);
    await target.announceCall();
    // Once it is recorded as made, what collections there are is the tenant's business.
    if (target.externalId === undefined) await ensureListed(db, target);
    const user = (await usersOf(db, signal)).find((it) => it.user === name);
    return {
      ...(user?.userId === undefined ? {} : { externalId: user.userId.toString() }),
      connection: this.describeConnection(target),
    };
  }

  async apply(target: Target, files: readonly PlannedFile[], onFile: OnFile): Promise<Notes> {
    return applyBlueprint(await this.db(target.name), target, files, onFile);
  }

  async findBlueprintDrift(target: Target, files: readonly PlannedFile[]): Promise<Drift[]> {
    return findBlueprintDrift(await this.db(target.name), target, files);
  }

  describeConnection(target: Pick<Target, 'name' | 'credential'>): Connection {
    return mongoConnection(this.adminUrl, this.tenantUrl, target);
  }

  async probe(target: Target, secrets: Secrets): Promise<Notes> {
    const { name, signal } = target;
    const login = loginUser(target);
    const user = await userDetails(await this.db(name), login, signal);
    const hasOwnRoleOnly = user?.roles.every(({ role, db }) => role === 'readWrite' && db === name) ?? true;
    await this.asTenant(target, secrets, async (tenant) => {
      if (await logsIn(tenant, name)) return probeMongo(tenant, name, META_DATABASE, hasOwnRoleOnly);
      const isRestricted = (user?.authenticationRestrictions?.length ?? 0) > 0;
      if (user === undefined || !isRestricted || (await isPasswordOf(user, secrets['password'] ?? '')) !== true)
        throw new BackendFault('probe-refused', `MongoDB: the tenant's own login ${login} is refused`);
      return probeFromOutside(user, META_DATABASE);
    });
    return [];
  }

  async readAccessState(target: Target, secrets: Promise<Secrets>): Promise<AccessState> {
    return accessOf(await this.db(target.name), target, secrets);
  }

  async isCutBegun(target: Target): Promise<boolean> {
    const { name, signal } = target;
    const user = (await usersOf(await this.db(name), signal)).find((it) => it.user === loginUser(target));
    return user?.roles.length === 0;
  }

  async disable(target: Target): Promise<Notes> {
    return cutAccess(await this.db('admin'), await this.db(target.name), target);
  }

  async enable(
    target: Target,
    secrets: Secrets,
    before: AccessState | undefined,
    others: readonly Credential[] = [],
  ): Promise<Notes> {
    const db = await this.db(target.name);
    const { credential: version = 1, signal } = target;
    const login = loginUser(target);
    // A later login is not in a backup from before its rotation, and a tenant that is cut off can't be given another.
    const isGone = version > 1 && (await userDetails(db, login, signal)) === undefined;
    if (isGone) {
      await issueUser(db, target, { version, secrets }, { version: 1, secrets: {} });
      await target.announceCall();
    }
    const notes = await giveBackAccess(db, target, secrets, before, others);
    return [...(isGone ? [`user ${login} was missing, and was made again`] : []), ...notes];
  }

  async issue(target: Target, next: Credential, current: Credential): Promise<Notes> {
    return issueUser(await this.db(target.name), target, next, current);
  }

  async withdraw(target: Target, version: number): Promise<Notes> {
    return endUser(await this.db('admin'), await this.db(target.name), target, version);
  }

  async retire(target: Target, version: number): Promise<Notes> {
    return endUser(await this.db('admin'), await this.db(target.name), target, version);
  }

  assertRefused(target: Target, secrets: Secrets): Promise<void> {
    return this.assertLockedOut(target, secrets);
  }

  async assertLockedOut(target: Target, secrets: Secrets): Promise<void> {
    await this.asTenant(target, secrets, (tenant) => assertLoginRefused(tenant, target.name));
  }

  /** The connections first: to be asked for the rest the tenant logs in. */
  async measure(target: Target, loadSecrets: () => Promise<Secrets>): Promise<Usage> {
    const { name, signal } = target;
    const admin = await this.db('admin');
    const connections = await countConnections(admin, name, signal);
    const asked = await this.asTenant(target, await loadSecrets(), async (tenant) =>
      (await logsIn(tenant, name)) ? measureAsTenant(tenant.db(name), signal) : undefined,
    );
    return { connections, ...(asked ?? (await sizeOnDisk(admin, name, signal))) };
  }

  async readLimits(): Promise<LimitState> {
    return NO_LIMITS;
  }

  async limit(): Promise<Notes> {
    return NOTHING_TO_LIMIT;
  }

  async relimit(): Promise<Notes> {
    return NOTHING_TO_LIMIT;
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
    const [db, admin] = [await this.db(name), await this.db('admin')];
    const [users, collections, owned] = await sideBySide(
      usersOf(db, signal),
      collectionNames(db, signal),
      runRead(admin, { usersInfo: { forAllDBs: true }, filter: { 'customData.freeflowNonce': nonce } }, signal),
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
    const user = await userDetails(await this.db(name), loginUser(target), signal);
    const matches = user && (await isPasswordOf(user, secrets['password'] ?? ''));
    return matches ?? this.asTenant(target, secrets, (tenant) => logsIn(tenant, name));
  }

  private async asTenant<T>(target: Target, secrets: Secrets, use: (tenant: MongoClient) => Promise<T>): Promise<T> {
    const tenant = traceCommands(
      new MongoClient(withTenantLogin(this.adminUrl, target, secrets['password'] ?? ''), {
        ...options(),
        // It lives for a moment: no further connection that measures how far the server is away.
        serverMonitoringMode: 'poll',
      }),
    );
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
}

function options() {
  return {
    monitorCommands: isTracing(),
    serverSelectionTimeoutMS: 5_000,
    connectTimeoutMS: 5_000,
    socketTimeoutMS: CALL_TIMEOUT_MS,
    waitQueueTimeoutMS: 5_000,
    maxPoolSize: 8,
    appName: 'freeflow-worker',
  };
}
