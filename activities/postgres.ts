import { setTimeout as delay } from 'node:timers/promises';
import { HeardClient, scramVerifier } from '@freeflow/db-master';
import { Pool, type ClientConfig } from 'pg';
import type { Absence, Backend, Connection, Difference, Inspection, Made, Marked, Notes, Secrets, Target } from './backend';
import { BackendFault, hasCode } from './failures';
import { allAbsent } from './absence';
import { newPassword } from './passwords';
import { postgresConnection, withTenantLogin } from './postgres-address';
import { probePostgres, refusedLogin } from './postgres-probe';
import { postgresDifferences, postgresMarks } from './postgres-state';
import { appRole, FIND, FIND_GRANTS, mark, ownerRole, SCHEMA, sql, strangerIn, type Found } from './postgres-sql';

const CALL_TIMEOUT_MS = 20_000;
const SESSIONS_END_MS = 5_000;
/**
 * A database per tenant, owned by a NOLOGIN role which carries the nonce in its COMMENT: the tenant's own LOGIN role
 * can change neither the comment nor the database. Provisions without superuser: LOGIN CREATEDB CREATEROLE and
 * `createrole_self_grant = 'set, inherit'` (PostgreSQL 16 or newer).
 */
export class PostgresBackend implements Backend {
  readonly kind = 'postgres';
  readonly callTimeoutMs = CALL_TIMEOUT_MS;
  private readonly pool: Pool;
  private readonly base: ClientConfig;

  /** @param tenantUrl where tenants find the server; left out: as we do */
  constructor(private readonly adminUrl: URL, private readonly tenantUrl?: string) {
    this.base = { connectionTimeoutMillis: 5_000, statement_timeout: CALL_TIMEOUT_MS, query_timeout: CALL_TIMEOUT_MS + 2_000, application_name: 'freeflow-worker' };
    this.pool = new Pool({ ...this.base, connectionString: adminUrl.href, max: 8 });
    // Without a listener a server that goes away would take the whole worker along.
    this.pool.on('error', () => undefined);
  }

  async serverId(): Promise<string> {
    const { rows } = await this.pool.query<{ id: string }>('SELECT system_identifier::text AS id FROM pg_control_system()');
    return `postgres:${rows[0]?.id}`;
  }

  async newSecrets(): Promise<Secrets> {
    return { password: newPassword() };
  }

  async create(target: Target, secrets: Secrets): Promise<Made> {
    const { name, nonce, signal } = target;
    const found = await this.find(name);
    this.refuseForeign(target, found);
    if (!found.ownerExists) await this.run(signal, this.adminUrl.href, sql.createRoles(name, nonce, await scramVerifier(secrets['password'] ?? '')));
    await this.run(signal, this.adminUrl.href, [...(found.databaseOid === null ? sql.createDatabase(name) : []), ...sql.shutToOthers(name)]);
    await this.run(signal, this.urlOf(name).href, sql.openToApp(name));
    const made = await this.find(name);
    this.refuseForeign(target, made);
    return {
      ...(made.databaseOid === null ? {} : { externalId: made.databaseOid }),
      connection: this.connectionOf(target),
    };
  }

  connectionOf({ name }: Pick<Target, 'name'>): Connection {
    return postgresConnection(this.adminUrl, this.tenantUrl, name);
  }

  async probe(target: Target, secrets: Secrets): Promise<void> {
    const { rows } = await this.pool.query<{ datname: string }>("SELECT datname FROM pg_database WHERE datname = $1 OR datname = 'freeflow_master'", [this.adminUrl.pathname.slice(1) || 'postgres']);
    await probePostgres((database) => this.asTenant(target.name, database, secrets), { database: target.name, schema: SCHEMA, owner: ownerRole(target.name) }, rows.map((it) => it.datname));
  }

  async disable({ name, signal }: Target): Promise<Notes> {
    await this.run(signal, this.adminUrl.href, sql.disable(name));
    const end = performance.now() + SESSIONS_END_MS;
    while ((await this.endSessions(name)) > 0) {
      if (performance.now() > end) throw new BackendFault('still-open', `PostgreSQL: sessions of ${appRole(name)} don't end`);
      await delay(50, undefined, { signal });
    }
    return [];
  }

  async enable({ name, signal }: Target): Promise<Notes> {
    await this.run(signal, this.adminUrl.href, sql.enable(name));
    return [];
  }

  async refused({ name }: Target, secrets: Secrets): Promise<void> {
    await refusedLogin(this.asTenant(name, name, secrets));
  }

  async inspect(target: Target): Promise<Inspection> {
    const found = await this.find(target.name);
    if (!found.ownerExists && !found.appExists && found.databaseOid === null) return { state: 'absent' };
    const stranger = strangerIn(found, target);
    if (found.ownerMark === mark(target.nonce)) {
      // Our owner role beside a stranger's database of that name: ours is only the role.
      if (stranger !== undefined) return { state: 'ours', only: stranger };
      return found.databaseOid === null ? { state: 'ours', only: `there is no database ${target.name}` } : { state: 'ours', externalId: found.databaseOid };
    }
    return { state: 'foreign', owner: stranger ?? 'an unknown owner' };
  }

  async drop(target: Target): Promise<Notes> {
    const { name, nonce, signal } = target;
    const found = await this.find(name);
    const isOurs = { app: found.appMark === mark(nonce), database: found.databaseOwner === ownerRole(name) };
    await this.run(signal, this.adminUrl.href, sql.dropDatabase(name, isOurs));
    await this.forgetGrants(signal, isOurs.app ? [appRole(name), ownerRole(name)] : [ownerRole(name)]);
    await this.run(signal, this.adminUrl.href, sql.dropRoles(name, isOurs));
    return [];
  }

  /**
   * Any tenant may grant a role of another one rights on what is its own (nobody but superusers can be kept from that), and
   * PostgreSQL drops no role that has rights anywhere. So they are taken away first, in each such database. Where a role
   * even owns something outside its database nothing is touched, since that would be dropped along.
   */
  private async forgetGrants(signal: AbortSignal, roles: string[]): Promise<void> {
    const { rows } = await this.pool.query<{ datname: string }>(FIND_GRANTS, [roles]);
    for (const { datname } of rows) await this.run(signal, this.urlOf(datname).href, sql.forgetGrants(roles));
  }

  async absence({ name, nonce, externalId = '0' }: Target): Promise<Absence[]> {
    const found = await this.find(name);
    const { rows } = await this.pool.query<{ marks: number; oids: number }>(
      `SELECT (SELECT count(*)::int FROM pg_shdescription WHERE description = $1) AS marks, (SELECT count(*)::int FROM pg_database WHERE oid = $2::oid) AS oids`,
      [mark(nonce), externalId],
    );
    const looks: [what: string, by: Absence['by'], isThere: boolean][] = [
      [`database ${name}`, 'name', found.databaseOid !== null],
      [`role ${ownerRole(name)}`, 'name', found.ownerExists],
      [`role ${appRole(name)}`, 'name', found.appExists],
      ['anything that carries the nonce', 'nonce', rows[0]?.marks !== 0],
      [`database with OID ${externalId}`, 'id', rows[0]?.oids !== 0],
    ];
    return allAbsent('PostgreSQL', looks);
  }

  differences({ name }: Target, state: 'present' | 'disabled', secrets: Secrets): Promise<Difference[]> {
    return postgresDifferences(this.pool, name, state, this.asTenant(name, name, secrets));
  }

  marked(): Promise<Marked[]> {
    return postgresMarks(this.pool);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async find(name: string): Promise<Found> {
    const { rows } = await this.pool.query<Found>(FIND, [name, ownerRole(name), appRole(name)]);
    const [found] = rows;
    if (found === undefined) throw new Error('the catalog query returned no row');
    return found;
  }

  private async endSessions(name: string): Promise<number> {
    const { rowCount } = await this.pool.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY($1)', [[appRole(name), ownerRole(name)]]);
    return rowCount ?? 0;
  }

  private asTenant(name: string, database: string, secrets: Secrets): ClientConfig {
    return { ...this.base, connectionString: withTenantLogin(this.urlOf(database), name, secrets['password'] ?? '').href };
  }

  private refuseForeign(target: Target, found: Found): void {
    const stranger = strangerIn(found, target);
    if (stranger !== undefined) throw new BackendFault('foreign-resource', `PostgreSQL: ${stranger}`);
  }

  /** Runs statements on a connection of their own, which is cut when the signal aborts. */
  private async run(signal: AbortSignal, url: string, statements: string[]): Promise<void> {
    signal.throwIfAborted();
    const client = new HeardClient({ ...this.base, connectionString: url });
    const cut = () => void client.end().catch(() => undefined);
    await client.connect();
    signal.addEventListener('abort', cut);
    try {
      for (const statement of statements) await client.query(statement);
    } catch (error) {
      // Lost a race for the name: whose it is now, the next attempt reads.
      if (hasCode(error, '42P04', '42710', '23505')) throw new BackendFault('conflict', `PostgreSQL: ${(error as Error).message}`, { cause: error });
      throw error;
    } finally {
      signal.removeEventListener('abort', cut);
      await client.end().catch(() => undefined);
    }
  }

  private urlOf(database: string): URL {
    const url = new URL(this.adminUrl);
    url.pathname = `/${database}`;
    return url;
  }
}
