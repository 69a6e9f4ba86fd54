import { ErrorTolerantClient, retryCollisions, type ErrorTolerantClientConfig } from '@freeflow/lib/pg';
import { Pool, type Client } from 'pg';
import { BackendFault, hasCode } from '../failures';
import { Limiter } from '../limiter';
import { withTenantLogin } from './address';
import { Blockers } from './blockers';
import { openNeutral, settingsOf } from './neutral-session';
import { readServerId, setUpSession } from './session-setup';
import { SpareSessions } from './spare-sessions';

export const CALL_TIMEOUT_MS = 20_000;
const QUESTIONS_MAX = 8;
const FURTHER_MAX = 2;
/** An address may lead elsewhere by now: a session that is never idle would go on with the former server. */
const GREATEST_AGE_SECONDS = 60;
/** Where the provisioner works from where its URL names no database; pg would take the login's name for one. */
const HOME = 'postgres';

/** One session with an effect. */
export interface Session {
  client: Client;
  /**
   * Runs a statement, and ends the sessions of tenants that hold the locks it waits for.
   * @param own the roles whose sessions are ended at once; those of other tenants get a moment
   * @throws BackendFault `blocked`, naming who holds the lock
   */
  change: (statement: string, own?: readonly string[]) => Promise<void>;
}

/** The server as the provisioner reaches it: a pool for queries, and a bounded number of sessions with an effect. */
export class PostgresServer {
  readonly pool: Pool;
  readonly home: string;
  private readonly base: ErrorTolerantClientConfig;
  private readonly sessions: Limiter;
  // A caller that holds a session may need a further one, and that one another in the provisioner's own database. Each
  // kind has places of its own, or all could wait for each other.
  private readonly further = new Limiter(FURTHER_MAX);
  private readonly atHome = new Limiter(FURTHER_MAX);
  private readonly spares = new SpareSessions();
  private id: string | undefined;

  constructor(
    private readonly adminUrl: URL,
    sessionsMax: number,
  ) {
    this.base = {
      connectionTimeoutMillis: 5_000,
      settings: { statement_timeout: CALL_TIMEOUT_MS },
      query_timeout: CALL_TIMEOUT_MS + 2_000,
      application_name: 'freeflow-worker',
    };
    this.home = decodeURIComponent(adminUrl.pathname.slice(1)) || HOME;
    this.sessions = new Limiter(sessionsMax);
    this.pool = new Pool({
      ...this.base,
      Client: ErrorTolerantClient,
      connectionString: this.urlOf(this.home).href,
      max: QUESTIONS_MAX,
      maxLifetimeSeconds: GREATEST_AGE_SECONDS,
    });
    // Without a listener a server that goes away would take the whole worker along.
    this.pool.on('error', () => undefined);
  }

  /**
   * Which server answers. From now on all that has an effect is done at this one, though its address may come to lead
   * to another.
   */
  async identify(): Promise<string> {
    return (this.id = await readServerId(this.pool));
  }

  /**
   * Works on a session that nobody else uses meanwhile, and which is cut when the signal aborts.
   * @throws BackendFault `unknown-server` where it would be on another server than the one that was identified last
   */
  inDatabase<T>(database: string, signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T> {
    return this.sessions.run(signal, () => this.runSession(database, signal, work));
  }

  /** The same for a caller that holds a session already. */
  inFurtherDatabase<T>(database: string, signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T> {
    return this.further.run(signal, () => this.runSession(database, signal, work));
  }

  /** The same in the provisioner's own database, for a caller that may hold two sessions already. */
  inHomeDatabase<T>(signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T> {
    return this.atHome.run(signal, () => this.runSession(this.home, signal, work));
  }

  /** How a session of a tenant connects. */
  loginOf(role: string, password: string, database: string): ErrorTolerantClientConfig & { connectionString: string } {
    return { ...this.base, connectionString: withTenantLogin(this.urlOf(database), role, password).href };
  }

  /** Counts a call on a session that isn't ours among the bounded ones. */
  countCall<T>(call: () => Promise<T>): Promise<T> {
    return this.sessions.run(undefined, call);
  }

  async close(): Promise<void> {
    await Promise.all([this.spares.close(), this.pool.end()]);
  }

  private async runSession<T>(
    database: string,
    signal: AbortSignal,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const client =
      (database === this.home ? await this.spares.take(this.id) : undefined) ?? (await this.open(database));
    const cut = () => void client.end().catch(() => undefined);
    signal.addEventListener('abort', cut);
    try {
      signal.throwIfAborted();
      const result = await work({
        client,
        change: (statement, roles = []) => this.change(client, client.pid ?? 0, statement, roles, signal),
      });
      signal.removeEventListener('abort', cut);
      if (database === this.home && !signal.aborted) await this.spares.give(client);
      else await client.end().catch(() => undefined);
      return result;
    } catch (error) {
      signal.removeEventListener('abort', cut);
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  private async open(database: string): Promise<ErrorTolerantClient> {
    // A tenant's database begins a session with what its owner has set, and so with what was put in that one's way.
    const settings = database === this.home ? [] : await settingsOf(this.pool, undefined, database);
    const login = { ...this.base, connectionString: this.urlOf(database).href };
    const client = await openNeutral(this.pool, login, settings);
    try {
      const found = await setUpSession(client);
      if (this.id !== undefined && found !== this.id)
        throw new BackendFault('unknown-server', `PostgreSQL: this is ${found}, but ${this.id} answered a moment ago`);
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  private async change(
    client: Client,
    pid: number,
    statement: string,
    own: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const blockers = new Blockers(this, pid, own, signal);
    try {
      await retryCollisions(() => client.query(statement));
    } catch (error) {
      // Lost a race for the name: whose it is now, the next attempt reads.
      if (hasCode(error, '42P04', '42710', '23505'))
        throw new BackendFault('conflict', `PostgreSQL: ${(error as Error).message}`, { cause: error });
      if (hasCode(error, '55P03'))
        throw new BackendFault(
          'blocked',
          `PostgreSQL: ${statement.slice(0, 60).trim()}... waits for ${blockers.describeSeen()}`,
          { cause: error },
        );
      throw error;
    } finally {
      await blockers.stop();
    }
  }

  private urlOf(database: string): URL {
    const url = new URL(this.adminUrl);
    url.pathname = `/${encodeURIComponent(database)}`;
    return url;
  }
}
