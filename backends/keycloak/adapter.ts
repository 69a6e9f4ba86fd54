import type { Usage } from '@freeflow/contract';
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
  Pool,
  Resumed,
  Secrets,
  Target,
} from '../backend';
import { BackendFault, hasCode } from '../failures';
import { newPassword } from '../passwords';
import { sideBySide } from '../side-by-side';
import { accessIn, cutRealm, openRealm, readAccess, readRealm } from './access';
import { KeycloakAdmin } from './admin';
import { applyBlueprint, findBlueprintDrift } from './blueprint/apply';
import { claimBlank, isClaim } from './claim-blank';
import { readCutNote } from './cut-note';
import { findKeycloakDrift } from './drift';
import { findRealm } from './find-realm';
import { RealmIdentity } from './identity';
import { findLimitDrift, lifespansIn, lifespansOf, setLifespans, type Lifespans } from './limits';
import { realmPool } from './pool';
import { isRealmThere, logIn, loginRefusal, probeKeycloak, tryLogIn } from './probe';
import { APP_CLIENT, appClientOf, LOGIN_CLIENTS, realmRepresentation } from './realm';
import type { RealmKeys } from './realm-keys';
import { enableAccount, restoreClient } from './restore-client';
import { endClient, issueClient } from './rotate';
import type { ServiceAccount } from './token';

/**
 * A realm per tenant, made in one call, whose internal id is the nonce: chosen by us and unchangeable afterwards.
 * Works with a service account of realm `master` which holds `create-realm` and nothing else; Keycloak gives the
 * creator of a realm the rights over it, from the next token on.
 */
export class KeycloakBackend implements Backend {
  readonly kind = 'keycloak';
  readonly secretNames = ['client-secret', 'admin-password'];
  private readonly admin: KeycloakAdmin;
  private readonly identity: RealmIdentity;
  readonly pool: Pool;

  /**
   * @param poolSize how many blank realms are kept ready
   * @param keys of new realms; those that there are keep theirs
   * @param smtpPassword what a blueprint may have realms send mail by
   */
  constructor(
    private readonly account: ServiceAccount,
    readonly callTimeoutMs: number,
    poolSize: number,
    private readonly keys: RealmKeys,
    private readonly smtpPassword?: string,
  ) {
    this.admin = new KeycloakAdmin(account, callTimeoutMs);
    this.identity = new RealmIdentity(this.admin);
    this.pool = realmPool(this.admin, poolSize, keys);
  }

  async serverId(): Promise<string> {
    return `keycloak:${await this.admin.accountId()}`;
  }

  async generateSecrets(): Promise<Secrets> {
    return { 'client-secret': newPassword(), 'admin-password': newPassword() };
  }

  async create(target: Target, secrets: Secrets): Promise<Created> {
    target.signal.throwIfAborted();
    const created = { externalId: target.nonce, connection: this.describeConnection(target) };
    if (isClaim(target)) {
      if (await claimBlank(this.admin, target, secrets))
        return { ...created, notes: [`made of the blank realm ${target.formerName}`] };
      await target.announceCall();
    }
    // Not looked up before: the call makes the realm complete or not at all, and its 409 is as good an answer.
    const isMade = await this.admin
      .change(target, ({ realms }) => realms.create(realmRepresentation(target, secrets, this.keys)))
      .then(() => true, isConflict);
    // What was made carries our id; that it is there with the tenant's own secret is what the probe shows.
    if (!isMade) await this.assertOurs(target);
    return created;
  }

  apply(target: Target, files: readonly PlannedFile[], onFile: OnFile): Promise<Notes> {
    return applyBlueprint({ admin: this.admin, target, smtpPassword: this.smtpPassword }, files, onFile);
  }

  findBlueprintDrift(target: Target, files: readonly PlannedFile[]): Promise<Drift[]> {
    return findBlueprintDrift({ admin: this.admin, target, smtpPassword: this.smtpPassword }, files);
  }

  /** A claim is a sequence; else each is one request, and one transaction at the server. */
  isOneCall(target: Target): boolean {
    return !isClaim(target);
  }

  /**
   * A realm of that name or id exists, maybe from our own earlier call. One that is still blank isn't the tenant's yet.
   */
  private async assertOurs(target: Target): Promise<void> {
    const found = await this.identity.inspectName(target);
    if (found.state === 'foreign') throw new BackendFault('foreign-resource', `Keycloak: ${found.owner}`);
    // A later create gets another one.
    if (found.state === 'absent' && isClaim(target))
      throw new BackendFault(
        'foreign-resource',
        `Keycloak: the realm claimed from the pool (id ${target.nonce}) is neither ${target.formerName} nor ${target.name} any more`,
      );
    if (found.state === 'absent')
      throw new BackendFault('server-error', `Keycloak: realm ${target.name} exists and can't be read`);
  }

  describeConnection({ credential }: Pick<Target, 'credential'>): Connection {
    return { username: appClientOf(credential) };
  }

  /**
   * After a resume the tenant may have seen to it that its own client can't log in: then there is nothing left to try,
   * and that is reported.
   */
  async probe(target: Target, secrets: Secrets, resumed?: Resumed): Promise<Notes> {
    const tenant = this.asTenant(target, secrets);
    const login = resumed === undefined ? await logIn(tenant) : await tryLogIn(tenant);
    if ('refusal' in login) return this.explainRefusedLogin(target, login.refusal);
    await probeKeycloak(tenant, login.token, this.account.realm);
    return [];
  }

  readAccessState(target: Target): Promise<AccessState> {
    return readAccess(this.admin, target);
  }

  async isCutBegun({ name }: Target): Promise<boolean> {
    return readCutNote(await readRealm(this.admin, name)) !== undefined;
  }

  async disable(target: Target): Promise<Notes> {
    await cutRealm(this.admin, target);
    return [];
  }

  async enable(
    target: Target,
    secrets: Secrets,
    before: AccessState | undefined,
    others: readonly Credential[] = [],
  ): Promise<Notes> {
    target.signal.throwIfAborted();
    const { notes, id } = await restoreClient(this.admin, target, secrets);
    const further = await this.restoreOthers(target, others);
    // Announced before the realm is read: what others change of it between read and write is lost, so nothing is waited
    // for in between.
    await target.announceCall();
    const [account, read] = await sideBySide(
      id === undefined ? Promise.resolve([]) : enableAccount(this.admin, target, id),
      readRealm(this.admin, target.name),
    );
    const realm = account.length === 0 ? read : await readRealm(this.admin, target.name);
    await openRealm(this.admin, target, realm, accessIn(before));
    return [...notes, ...further, ...account];
  }

  /** Before the realm opens: the clients of credentials whose time is over meanwhile are ended. */
  private async restoreOthers(target: Target, others: readonly Credential[]): Promise<Notes> {
    const { credential = 1, otherCredentials = [] } = target;
    const notes: string[] = [];
    for (const { version, secrets } of others) {
      const at = { ...target, credential: version };
      const restored = await restoreClient(this.admin, at, secrets);
      notes.push(...restored.notes);
      if (restored.id !== undefined) notes.push(...(await enableAccount(this.admin, at, restored.id)));
    }
    const over = otherCredentials.filter((it) => it < credential && others.every(({ version }) => version !== it));
    for (const version of over) notes.push(...(await endClient(this.admin, target, version, true)));
    return notes;
  }

  issue(target: Target, next: Credential, current: Credential): Promise<Notes> {
    return issueClient(this.admin, target, next, current);
  }

  withdraw(target: Target, version: number): Promise<Notes> {
    return endClient(this.admin, target, version, false);
  }

  retire(target: Target, version: number): Promise<Notes> {
    return endClient(this.admin, target, version, true);
  }

  async assertRefused(target: Target, secrets: Secrets): Promise<void> {
    const tenant = this.asTenant(target, secrets);
    if ((await loginRefusal(tenant)) === undefined)
      throw new BackendFault(
        'still-open',
        `Keycloak: client ${tenant.clientId} still gets a token of realm ${target.name}`,
      );
  }

  /** The realm's own administrators see it disabled in any state of its clients; a login confirms it. */
  async assertLockedOut(target: Target, secrets: Secrets): Promise<void> {
    const { name } = target;
    const [refusal, { enabled }] = await sideBySide(
      loginRefusal(this.asTenant(target, secrets)),
      readRealm(this.admin, name),
    );
    if (refusal === undefined)
      throw new BackendFault('still-open', `Keycloak: the tenant's application still gets a token of realm ${name}`);
    if (enabled !== false)
      throw new BackendFault('still-open', `Keycloak: realm ${name} is enabled although it was disabled`);
  }

  async measure({ name }: Target): Promise<Usage> {
    return { users: await this.admin.call(({ users }) => users.count({ realm: name })) };
  }

  async readLimits({ name }: Target): Promise<LimitState> {
    return lifespansIn(await readRealm(this.admin, name));
  }

  async limit(target: Target): Promise<Notes> {
    target.signal.throwIfAborted();
    return setLifespans(this.admin, target, lifespansOf(target.plan));
  }

  async relimit(target: Target, before: LimitState): Promise<Notes> {
    target.signal.throwIfAborted();
    return setLifespans(this.admin, target, before as Lifespans & LimitState);
  }

  inspect(target: Target): Promise<Inspection> {
    return this.identity.inspect(target);
  }

  async drop(target: Target): Promise<Notes> {
    target.signal.throwIfAborted();
    const realm = isClaim(target) ? await this.identity.findClaimed(target) : target.name;
    if (realm === undefined) return [];
    if (isClaim(target)) await target.announceCall();
    await this.admin
      .change(target, ({ realms }) => realms.del({ realm }))
      .catch(async (error: unknown) => {
        if (hasCode(error, 404)) return;
        // An earlier call that is no longer waited for has just deleted the realm, and our rights on it with it.
        if (!hasCode(error, 403) || (await this.inspect(target)).state !== 'absent') throw error;
      });
    this.identity.noteGone(target);
    return [];
  }

  /** By name, at both of its doors, and by the former name. That none of another name has its id `inspect` has seen. */
  async proveAbsent(target: Target): Promise<AbsenceProof[]> {
    const names = [target.name, ...(isClaim(target) ? [target.formerName] : [])];
    // Awaited together: a failure of one must not leave that of another without anybody who hears of it.
    const [found, ...areThere] = await Promise.all([
      this.inspect(target),
      ...names.map((name) => isRealmThere(this.account.baseUrl, name)),
    ]);
    return assertAllAbsent('Keycloak', [
      [`realm ${target.name}, as its administrator`, 'name', found.state !== 'absent'],
      ...names.map((name, at): [string, AbsenceProof['by'], boolean] => [
        `realm ${name}, as anybody`,
        'name',
        areThere[at] !== false,
      ]),
    ]);
  }

  async findDrift(target: Target, state: 'present' | 'disabled', secrets: Secrets): Promise<Drift[]> {
    const realm = await this.admin.call(({ realms }) => realms.findOne({ realm: target.name }));
    const made = realmRepresentation(target, secrets, this.keys);
    return [
      ...(await findKeycloakDrift(
        realm ?? {},
        made,
        state,
        this.asTenant(target, secrets),
        await this.surplusClients(target),
      )),
      ...(await findLimitDrift(this.admin, target.name, realm ?? {}, target.plan)),
    ];
  }

  /** Clients under names of ours that may log in, and are of no credential that the ledger knows. */
  private async surplusClients({ name: realm, credential, otherCredentials = [] }: Target): Promise<string[]> {
    const known = [credential, ...otherCredentials].map((it) => appClientOf(it));
    const found = await this.admin.call(({ clients }) => clients.find({ realm, clientId: APP_CLIENT, search: true }));
    return found
      .filter(({ enabled }) => enabled === true)
      .flatMap(({ clientId = '' }) => ([APP_CLIENT, ...LOGIN_CLIENTS].includes(clientId) ? [clientId] : []))
      .filter((it) => !known.includes(it));
  }

  /** Those of these names alone, one by one: to list realms is dear. What our account may not see, it has not made. */
  async listOwned(names: readonly string[], signal: AbortSignal): Promise<OwnedResource[]> {
    await this.admin.renewToken();
    const found: OwnedResource[] = [];
    for (const name of names) {
      signal.throwIfAborted();
      const realm = await findRealm(this.admin, name);
      if (realm !== 'absent' && realm !== 'hidden') found.push({ name, nonce: realm.id, externalId: realm.id });
    }
    return found;
  }

  async close(): Promise<void> {
    // The client holds no connections beyond fetch's own.
  }

  private asTenant({ name, credential }: Target, secrets: Secrets): ServiceAccount {
    return {
      baseUrl: this.account.baseUrl,
      realm: name,
      clientId: appClientOf(credential),
      clientSecret: secrets['client-secret'] ?? '',
    };
  }

  /** Why the tenant's application doesn't get in although its access was given back. */
  private async explainRefusedLogin({ name, credential }: Target, refusal: string): Promise<Notes> {
    const { enabled } = await readRealm(this.admin, name);
    if (enabled === false)
      return [`realm ${name} had been disabled by an administrator of the server before, and stays so`];
    return [
      `realm ${name} refuses its own client ${appClientOf(credential)} for what the tenant has changed about it (${refusal})`,
    ];
  }
}

/** @returns false for a 409; throws everything else */
function isConflict(error: unknown): false {
  if (!hasCode(error, 409)) throw error;
  return false;
}
