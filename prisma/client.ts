import { ErrorTolerantClient, MASTER_SETTINGS, type ErrorTolerantClientConfig } from '@freeflow/lib/pg';
import { PrismaPg } from '@prisma/adapter-pg';
import type { PoolConfig } from 'pg';
import { PrismaClient } from './generated/client';

/** How a client of the master database connects. */
export interface MasterClientOptions {
  /** The most connections open at once; further queries wait for one. @default 10 */
  readonly maxConnections?: number;
  /** What `pg_stat_activity` shows. @default freeflow */
  readonly applicationName?: string;
}

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 30_000;

/**
 * A client of the master database. It connects with the first query and again after the server was away; end it with
 * `$disconnect()`. A connection attempt fails after 5 s, a statement after 30 s (on the server) or 35 s (when the
 * server no longer answers), a transaction in which nothing is asked for 15 s.
 */
export function createMasterClient(url: string, options: MasterClientOptions = {}): PrismaClient {
  const { maxConnections = 10, applicationName = 'freeflow' } = options;
  // A pool emits `error` when the server ends an idle connection. The adapter listens to it, so a lost server never
  // ends the process; the next query opens a new connection or reports what is wrong.
  const config: ErrorTolerantClientConfig & PoolConfig = {
    connectionString: url,
    Client: ErrorTolerantClient,
    max: maxConnections,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    settings: { ...MASTER_SETTINGS, statement_timeout: STATEMENT_TIMEOUT_MS },
    tracedAs: 'master',
    query_timeout: STATEMENT_TIMEOUT_MS + 5_000,
    keepAlive: true,
  };
  // Any other form notes the place of each call, and reads the whole file there, once bundled one of megabytes, for a
  // failure's message.
  return new PrismaClient({ adapter: new PrismaPg(config), errorFormat: 'minimal' });
}
