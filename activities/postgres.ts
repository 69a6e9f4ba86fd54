import { scramVerifier } from '@freeflow/db-master';
import { Client, Pool, escapeIdentifier as id, escapeLiteral as literal, type ClientConfig } from 'pg';
import type { Backend, Inspection, Made, Secrets, Target } from './backend';
import { BackendFault, hasCode } from './failures';
import { newPassword } from './passwords';
import { probePostgres } from './postgres-probe';

const CALL_TIMEOUT_MS = 20_000;
/** The schema the tenant works in; `public` stays shut. */
const SCHEMA = 'app';

const ownerRole = (database: string) => `${database}_owner`;
export const appRole = (database: string) => `${database}_app`;
const mark = (nonce: string) => `freeflow:${nonce}`;

interface Found {
  ownerMark: string | null;
  ownerExists: boolean;
  appMark: string | null;
  appExists: boolean;
  databaseOid: string | null;
  databaseOwner: string | null;
}

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

  constructor(private readonly adminUrl: URL) {
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
    if (!found.ownerExists) await this.run(signal, this.adminUrl.href, createRoles(name, nonce, await scramVerifier(secrets['password'] ?? '')));
    await this.run(signal, this.adminUrl.href, [...(found.databaseOid === null ? [createDatabase(name)] : []), shutToOthers(name)]);
    await this.run(signal, this.urlOf(name).href, openToApp(name));
    const made = await this.find(name);
    this.refuseForeign(target, made);
    return {
      ...(made.databaseOid === null ? {} : { externalId: made.databaseOid }),
      connection: { host: this.adminUrl.hostname, port: Number(this.adminUrl.port || 5432), username: appRole(name), options: { schema: SCHEMA } },
    };
  }

  async probe(target: Target, secrets: Secrets): Promise<void> {
    const maintenance = this.adminUrl.pathname.slice(1) || 'postgres';
    const asTenant = (database: string): ClientConfig => {
      const url = this.urlOf(database);
      url.username = appRole(target.name);
      url.password = secrets['password'] ?? '';
      return { ...this.base, connectionString: url.href };
    };
    const { rows } = await this.pool.query<{ datname: string }>("SELECT datname FROM pg_database WHERE datname = $1 OR datname = 'freeflow_master'", [maintenance]);
    await probePostgres(asTenant, { database: target.name, schema: SCHEMA, owner: ownerRole(target.name) }, rows.map((it) => it.datname));
  }

  async inspect(target: Target): Promise<Inspection> {
    const found = await this.find(target.name);
    if (!found.ownerExists && !found.appExists && found.databaseOid === null) return { state: 'absent' };
    const stranger = strangerIn(found, target);
    if (found.ownerMark === mark(target.nonce)) {
      // Our owner role beside a stranger's database of that name: ours is only the role.
      return found.databaseOid === null || stranger !== undefined ? { state: 'ours' } : { state: 'ours', externalId: found.databaseOid };
    }
    return { state: 'foreign', owner: stranger ?? 'an unknown owner' };
  }

  async drop(target: Target): Promise<void> {
    const { name, nonce, signal } = target;
    const found = await this.find(name);
    const run = (statement: string) => this.run(signal, this.adminUrl.href, [statement]);
    const appIsOurs = found.appMark === mark(nonce);
    if (appIsOurs) await run(`ALTER ROLE ${id(appRole(name))} NOLOGIN`);
    if (found.databaseOwner === ownerRole(name)) await this.run(signal, this.adminUrl.href, [endSessions(name), `DROP DATABASE IF EXISTS ${id(name)}`]);
    await this.forgetGrants(signal, appIsOurs ? [appRole(name), ownerRole(name)] : [ownerRole(name)]);
    if (appIsOurs) await run(`DROP ROLE IF EXISTS ${id(appRole(name))}`);
    // The owner role carries the nonce, so it goes last: until then a repeated drop still knows what is ours.
    await run(`DROP ROLE IF EXISTS ${id(ownerRole(name))}`);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  /**
   * Any tenant may grant a role of another one rights on what is its own (nobody but superusers can be kept from that), and
   * PostgreSQL drops no role that has rights anywhere. So they are taken away first, in each such database. Where a role
   * even owns something outside its database nothing is touched, since that would be dropped along.
   */
  private async forgetGrants(signal: AbortSignal, roles: string[]): Promise<void> {
    const { rows } = await this.pool.query<{ datname: string }>(
      `SELECT d.datname FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid JOIN pg_roles r ON r.oid = s.refobjid
        WHERE s.refclassid = 'pg_authid'::regclass AND r.rolname = ANY ($1) GROUP BY 1 HAVING bool_and(s.deptype <> 'o')`,
      [roles],
    );
    for (const { datname } of rows) await this.run(signal, this.urlOf(datname).href, [`DROP OWNED BY ${roles.map(id).join(', ')}`]);
  }

  private async find(name: string): Promise<Found> {
    const { rows } = await this.pool.query<Found>(
      `SELECT o.oid IS NOT NULL AS "ownerExists", shobj_description(o.oid, 'pg_authid') AS "ownerMark",
              a.oid IS NOT NULL AS "appExists", shobj_description(a.oid, 'pg_authid') AS "appMark",
              d.oid::text AS "databaseOid", pg_get_userbyid(d.datdba) AS "databaseOwner"
         FROM (SELECT 1) one
         LEFT JOIN pg_roles o ON o.rolname = $2
         LEFT JOIN pg_roles a ON a.rolname = $3
         LEFT JOIN pg_database d ON d.datname = $1`,
      [name, ownerRole(name), appRole(name)],
    );
    const [found] = rows;
    if (found === undefined) throw new Error('the catalog query returned no row');
    return found;
  }

  private refuseForeign(target: Target, found: Found): void {
    const stranger = strangerIn(found, target);
    if (stranger !== undefined) throw new BackendFault('foreign-resource', `PostgreSQL: ${stranger}`);
  }

  /** Runs statements on a connection of their own, which is cut when the signal aborts. */
  private async run(signal: AbortSignal, url: string, statements: string[]): Promise<void> {
    signal.throwIfAborted();
    const client = new Client({ ...this.base, connectionString: url });
    client.on('error', () => undefined);
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

// One string of several statements is one transaction, so no role of ours ever stands without its mark.
function createRoles(name: string, nonce: string, verifier: string): string[] {
  const [owner, app] = [id(ownerRole(name)), id(appRole(name))];
  return [
    `CREATE ROLE ${owner} NOLOGIN; COMMENT ON ROLE ${owner} IS ${literal(mark(nonce))};
     CREATE ROLE ${app} LOGIN PASSWORD ${literal(verifier)}; COMMENT ON ROLE ${app} IS ${literal(mark(nonce))}`,
  ];
}

// A new database lets everybody in, and whoever is in stays in; so nobody may connect until PUBLIC has lost that right.
const createDatabase = (name: string) => `CREATE DATABASE ${id(name)} OWNER ${id(ownerRole(name))} TEMPLATE template0 STRATEGY wal_log ALLOW_CONNECTIONS false`;

// One transaction, as every string of several statements.
const shutToOthers = (name: string) =>
  `SET ROLE ${id(ownerRole(name))}; REVOKE ALL ON DATABASE ${id(name)} FROM PUBLIC; ALTER DATABASE ${id(name)} ALLOW_CONNECTIONS true; RESET ROLE`;

// Not by DROP's own FORCE: that fails (42501) on an autovacuum at work, which a tenant can make last for hours by the settings
// of a table. Without it DROP ends autovacuum by itself, and waits some seconds until the sessions are gone.
const endSessions = (name: string) =>
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ${literal(name)} AND pid <> pg_backend_pid() AND pg_has_role(usesysid, 'USAGE')`;

// Repeatable: every statement says how it shall be, none what to change. Runs inside the tenant's database.
function openToApp(name: string): string[] {
  const [database, owner, app, schema] = [id(name), id(ownerRole(name)), id(appRole(name)), id(SCHEMA)];
  return [
    `SET ROLE ${owner}; GRANT CONNECT, TEMPORARY ON DATABASE ${database} TO ${app};
     CREATE SCHEMA IF NOT EXISTS ${schema}; GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${app}; REVOKE ALL ON SCHEMA public FROM PUBLIC; RESET ROLE;
     ALTER ROLE ${app} IN DATABASE ${database} SET search_path = ${schema}`,
  ];
}

/** Says who stands in the way, or nothing where all that stands is ours. */
function strangerIn(found: Found, { name, nonce }: Target): string | undefined {
  const ours = mark(nonce);
  if (found.ownerExists && found.ownerMark !== ours) return `role ${ownerRole(name)} exists and isn't ours (${found.ownerMark ?? 'no mark'})`;
  if (found.appExists && found.appMark !== ours) return `role ${appRole(name)} exists and isn't ours (${found.appMark ?? 'no mark'})`;
  if (found.databaseOid !== null && found.databaseOwner !== ownerRole(name)) return `database ${name} exists and belongs to ${found.databaseOwner}`;
  return undefined;
}
