import { callbackify } from 'node:util';
import { Client, DatabaseError, escapeLiteral, type ClientConfig, type QueryConfig } from 'pg';
import { ATTRIBUTES } from '../tracing/attributes';
import { beginCall } from '../tracing/calls';
import { isTracing } from '../tracing/tracer';
import { errorCode } from './error-code';
import { traceStatements } from './trace-statements';

/** Settings of a PostgreSQL session by name, such as `{ statement_timeout: 30_000 }`. */
export type SessionSettings = Readonly<Record<string, string | number>>;

/** What pg takes, and the settings a session begins with. */
export interface ErrorTolerantClientConfig extends ClientConfig {
  /**
   * Applied before the connection is handed out. Never as startup parameters, which pg's own `statement_timeout` and
   * its kind become: PgBouncer refuses all but a few (https://www.pgbouncer.org/config.html#ignore_startup_parameters).
   */
  readonly settings?: SessionSettings;
  /** What its server is called in traces. @default what is worked at */
  readonly tracedAs?: string;
}

/**
 * Every session sets UTC and ISO dates, over the settings of server, database, role, pooler and environment. Prisma's
 * adapter depends on it: what it reads of a timestamptz loses its offset and is taken for UTC
 * (`normalize_timestamptz`), what it writes has none (`formatDateTime`;
 * https://github.com/prisma/prisma/blob/7.10.0/packages/adapter-pg/src/conversion.ts).
 */
const ALWAYS: SessionSettings = { TimeZone: 'UTC', DateStyle: 'ISO, YMD' };

const SETTING_TIMEOUT_MS = 10_000;

/**
 * A connection that never ends the process, and whose session is set before anybody uses it. pg emits `error` when a
 * server ends a connection between two queries, or in the very moment in which a pool has handed it out, where neither
 * pool nor adapter listens any more, or yet. The next query on it fails with the cause.
 */
export class ErrorTolerantClient extends Client {
  private readonly openingQuery: QueryConfig & { query_timeout: number };
  private readonly traced: Readonly<Record<string, string>>;
  private backendPid: number | undefined;

  constructor(config: string | ErrorTolerantClientConfig = {}) {
    super(config);
    const { settings = {}, connectionTimeoutMillis, tracedAs } = typeof config === 'string' ? {} : config;
    const all = Object.entries<string | number>({ ...settings, ...ALWAYS }).map(setting);
    this.openingQuery = {
      text: `SELECT pg_catalog.pg_backend_pid() AS pid, ${all.join(', ')}`,
      query_timeout: connectionTimeoutMillis ?? SETTING_TIMEOUT_MS,
    };
    this.on('error', () => undefined);
    this.traced = {
      'db.system.name': 'postgresql',
      'db.namespace': this.database ?? '',
      ...(tracedAs === undefined ? {} : { [ATTRIBUTES.backend]: tracedAs }),
    };
    if (isTracing()) traceStatements(this, this.traced);
  }

  /**
   * Connects and applies the settings; a setting that the server refuses fails the connection. pg's pools give a
   * callback.
   */
  override connect(): Promise<Client>;
  override connect(callback: (error: Error | null, client: Client) => void): void;
  override connect(callback?: (error: Error | null, client: Client) => void): Promise<Client> | void {
    if (callback === undefined) return this.connectAndSet();
    callbackify(() => this.connectAndSet())(callback);
  }

  /** Whether a pooler stands between, which makes up the process number that it sends a client at the start. */
  get isPooled(): boolean {
    return this.backendPid !== undefined && this.backendPid !== this.announcedPid;
  }

  /** The server's process behind this session, where a pooler doesn't change it. */
  get pid(): number | undefined {
    return this.backendPid;
  }

  private get announcedPid(): unknown {
    return 'processID' in this ? this.processID : undefined;
  }

  private async logIn(): Promise<void> {
    const end = beginCall('connect', this.traced);
    try {
      await super.connect();
      end?.();
    } catch (error) {
      end?.(errorCode(error) || 'unknown');
      translateAuthFailure(error);
    }
  }

  /**
   * A pooler reports to a client that it is connected before there is a session at the server, so this statement has a
   * deadline of its own.
   */
  private async connectAndSet(): Promise<Client> {
    await this.logIn();
    try {
      const {
        rows: [row],
      } = await this.query<{ pid: number }>(this.openingQuery);
      this.backendPid = row?.pid;
      return this;
    } catch (error) {
      await this.end().catch(() => undefined);
      throw error;
    }
  }
}

/**
 * PgBouncer has one code for all errors of its own; a password that it refuses gets the one that PostgreSQL has for it.
 */
function translateAuthFailure(error: unknown): never {
  if (
    error instanceof DatabaseError &&
    error.code === '08P01' &&
    /authentication failed|no such user/i.test(error.message)
  )
    error.code = '28P01';
  throw error;
}

const setting = ([name, value]: [string, string | number]): string =>
  `pg_catalog.set_config(${escapeLiteral(name)}, ${escapeLiteral(String(value))}, false)`;
