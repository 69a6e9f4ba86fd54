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
  Resumed,
  Secrets,
  Target,
} from '../backend';
import { BackendFault } from '../failures';
import { newPassword } from '../passwords';
import { sideBySide } from '../side-by-side';
import { cutAccess, giveAccess, readAccess, wasShut } from './access';
import { postgresConnection } from './address';
import { applyBlueprint, findBlueprintDrift } from './blueprint/apply';
import { createTenant } from './create';
import { findPostgresDrift, listOwnedDatabases } from './drift';
import { dropTenant } from './drop';
import { DROP_CUT_OFF } from './invalid-database';
import { limitsOf, readLimits, restoreLimits, setLimits, type Limits } from './limits';
import { measurePostgres } from './measure';
import { assertNotAdmitted, isPooled } from './pooler';
import { probePostgres, assertLoginRefused } from './probe';
import { endLogin, issueLogin } from './rotate';
import { CALL_TIMEOUT_MS, PostgresServer } from './server';
import { appRole, FIND, findForeign, formatNonce, loginRole, loginRoles, ownerRole, SCHEMA, type Found } from './sql';
import { TenantLogin } from './tenant-login';

export interface PostgresSettings {
  /** Connections of one tenant at most. */
  connectionsMax: number;
  /** Sessions of the worker that act, at most. */
  sessionsMax: number;
  /** The database of API and worker, which no tenant may enter where it is on the same server. */
  masterDatabase: string;
  /** How long a statement of a blueprint may take, in ms. */
  blueprintTimeoutMs: number;
}

/**
 * A database per tenant, owned by a NOLOGIN role which carries the nonce in its COMMENT: the tenant's own LOGIN role
 * can change neither the comment nor the database. Provisions without superuser: LOGIN CREATEDB CREATEROLE and
 * `createrole_self_grant = 'set, inherit'` (PostgreSQL 16 or newer).
 */
export class PostgresBackend implements Backend {
  readonly kind = 'postgres';
  readonly secretNames = ['password'];
  readonly callTimeoutMs = CALL_TIMEOUT_MS;
  private readonly server: PostgresServer;

  /** @param tenantUrl where tenants find the server; left out: as we do */
  constructor(
    private readonly adminUrl: URL,
    private readonly settings: PostgresSettings,
    private readonly tenantUrl?: string,
  ) {
    this.server = new PostgresServer(adminUrl, settings.sessionsMax);
  }

  async serverId(): Promise<string> {
    return `postgres:${await this.server.identify()}`;
  }

  async generateSecrets(): Promise<Secrets> {
    return { password: newPassword() };
  }

  async create(target: Target, secrets: Secrets): Promise<Created> {
    const { name } = target;
    const found = await this.find(name);
    this.refuseForeign(target, found);
    await createTenant(this.server, target, found, secrets['password'] ?? '', this.limitsOf(target));
    const made = await this.find(name);
    this.refuseForeign(target, made);
    return {
      ...(made.databaseOid === null ? {} : { externalId: made.databaseOid }),
      connection: this.describeConnection(target),
    };
  }

  apply(target: Target, files: readonly PlannedFile[], onFile: OnFile): Promise<Notes> {
    return applyBlueprint(this.server, target, files, onFile, this.settings.blueprintTimeoutMs);
  }

  findBlueprintDrift(target: Target, files: readonly PlannedFile[]): Promise<Drift[]> {
    return findBlueprintDrift(this.server, target, files);
  }

  describeConnection(target: Pick<Target, 'name' | 'credential'>): Connection {
    return postgresConnection(this.adminUrl, this.tenantUrl, target);
  }

  /** After a resume a login that had expired or been shut before, which `enable` has reported, stays what it was. */
  async probe(target: Target, secrets: Secrets, resumed?: Resumed): Promise<Notes> {
    const login = this.loginOf(target, secrets);
    if (resumed !== undefined && (wasShut(resumed.before) || (await login.hasExpired()))) return [];
    await probePostgres(
      this.server,
      login,
      { database: target.name, schema: SCHEMA, owner: ownerRole(target.name) },
      this.settings.masterDatabase,
      target.signal,
    );
    return [];
  }

  readAccessState(target: Target): Promise<AccessState> {
    return readAccess(this.server, target);
  }

  /** Where one of the two is shut already it may be the cut itself that has begun: then what was kept first counts. */
  async isCutBegun(target: Target): Promise<boolean> {
    return wasShut(await readAccess(this.server, target));
  }

  disable(target: Target): Promise<Notes> {
    return cutAccess(this.server, target);
  }

  async enable(
    target: Target,
    secrets: Secrets,
    before: AccessState | undefined,
    others: readonly Credential[] = [],
  ): Promise<Notes> {
    const again = await this.makeAgain(target, secrets);
    const login = this.loginOf(target, secrets);
    return [...again, ...(await giveAccess(this.server, target, login, secrets['password'] ?? '', before, others))];
  }

  async assertLockedOut(target: Target, secrets: Secrets): Promise<void> {
    if (await isPooled(this.server.pool))
      return assertNotAdmitted(this.server.pool, loginRole(target), [target.name], 'still-open');
    await assertLoginRefused(this.loginOf(target, secrets), target.name);
  }

  measure({ name }: Target): Promise<Usage> {
    return measurePostgres(this.server.pool, name);
  }

  readLimits(target: Target): Promise<LimitState> {
    return readLimits(this.server.pool, target);
  }

  limit(target: Target): Promise<Notes> {
    const { connections, settings = {} } = this.limitsOf(target);
    return setLimits(this.server, target, { connections, settings });
  }

  relimit(target: Target, before: LimitState): Promise<Notes> {
    return restoreLimits(this.server, target, before as Awaited<ReturnType<typeof readLimits>>);
  }

  issue(target: Target, next: Credential, current: Credential): Promise<Notes> {
    return issueLogin(this.server, target, next, current);
  }

  withdraw(target: Target, version: number): Promise<Notes> {
    return endLogin(this.server, target, version);
  }

  retire(target: Target, version: number): Promise<Notes> {
    return endLogin(this.server, target, version);
  }

  assertRefused(target: Target, secrets: Secrets): Promise<void> {
    return this.assertLockedOut(target, secrets);
  }

  async inspect(target: Target): Promise<Inspection> {
    const found = await this.find(target.name);
    if (!found.ownerExists && !found.appExists && found.databaseOid === null) return { state: 'absent' };
    const stranger = findForeign(found, target);
    if (found.ownerNonce === formatNonce(target.nonce)) {
      // Our owner role beside a stranger's database of that name: ours is only the role.
      if (stranger !== undefined) return { state: 'ours', partial: stranger };
      if (found.databaseOid === null) return { state: 'ours', partial: `there is no database ${target.name}` };
      const externalId = found.databaseOid;
      return found.databaseIsInvalid
        ? { state: 'ours', externalId, partial: DROP_CUT_OFF }
        : { state: 'ours', externalId };
    }
    return { state: 'foreign', owner: stranger ?? 'an unknown owner' };
  }

  async drop(target: Target): Promise<Notes> {
    const { name, nonce } = target;
    const found = await this.find(name);
    return dropTenant(this.server, target, {
      app: found.appNonce === formatNonce(nonce),
      database: found.databaseOwner === ownerRole(name),
      logins: found.logins.filter((it) => it.nonce === formatNonce(nonce)).map(({ role }) => role),
    });
  }

  async proveAbsent({ name, nonce, externalId = '0' }: Target): Promise<AbsenceProof[]> {
    const [found, { rows }] = await sideBySide(
      this.find(name),
      this.server.pool.query<{ marks: number; oids: number }>(
        `SELECT (SELECT count(*)::int FROM pg_shdescription WHERE description = $1) AS marks, (SELECT count(*)::int FROM pg_database WHERE oid = $2::oid) AS oids`,
        [formatNonce(nonce), externalId],
      ),
    );
    const checks: [what: string, by: AbsenceProof['by'], isThere: boolean][] = [
      [`database ${name}`, 'name', found.databaseOid !== null],
      [`role ${ownerRole(name)}`, 'name', found.ownerExists],
      [`role ${appRole(name)}`, 'name', found.appExists],
      [`roles ${loginRoles(name).join(', ')}`, 'name', found.logins.length > 0],
      ['anything that carries the nonce', 'nonce', rows[0]?.marks !== 0],
      [`database with OID ${externalId}`, 'id', rows[0]?.oids !== 0],
    ];
    return assertAllAbsent('PostgreSQL', checks);
  }

  findDrift(target: Target, state: 'present' | 'disabled', secrets: Secrets): Promise<Drift[]> {
    return findPostgresDrift(this.server.pool, target, state, this.loginOf(target, secrets), this.limitsOf(target));
  }

  listOwned(): Promise<OwnedResource[]> {
    return listOwnedDatabases(this.server.pool);
  }

  close(): Promise<void> {
    return this.server.close();
  }

  private limitsOf({ plan }: Target): Limits {
    return limitsOf(plan, this.settings.connectionsMax);
  }

  /** A later login is not in a backup from before its rotation, and a tenant that is cut off can't be given another. */
  private async makeAgain(target: Target, secrets: Secrets): Promise<Notes> {
    const { credential: version = 1, name } = target;
    const role = loginRole(target);
    if (version === 1 || (await this.find(name)).logins.some((it) => it.role === role)) return [];
    const notes = await issueLogin(this.server, target, { version, secrets }, { version: 1, secrets: {} });
    await target.announceCall();
    return [`role ${role} was missing, and was made again`, ...notes];
  }

  private async find(name: string): Promise<Found> {
    const { rows } = await this.server.pool.query<Found>(FIND, [
      name,
      ownerRole(name),
      appRole(name),
      loginRoles(name),
    ]);
    const [found] = rows;
    if (found === undefined) throw new Error('the catalog query returned no row');
    return found;
  }

  private loginOf(target: Target, secrets: Secrets): TenantLogin {
    return new TenantLogin(this.server, target, secrets['password'] ?? '');
  }

  private refuseForeign(target: Target, found: Found): void {
    const stranger = findForeign(found, target);
    if (stranger !== undefined) throw new BackendFault('foreign-resource', `PostgreSQL: ${stranger}`);
  }
}
