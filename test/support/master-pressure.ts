import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { databaseOf, type TestInstallation } from './installation';
import { withPostgres } from './outside';

/** A trouble of the master database that lasts until `end`. */
interface Pressure {
  end(): Promise<void>;
}

export interface PressureKind {
  /** What worker and API are told for it. */
  env?: Record<string, string>;
  /**
   * Whether it needs an installation of its own in the long form: what it loses is waited for, at Keycloak a minute.
   */
  isAlone?: true;
  /**
   * In the short form: what it meets of the one life that those without an environment go through, in their order; else
   * a life's both ends.
   */
  meets: readonly string[];
  /** What the processes' logs must tell, or the trouble was none. */
  leaves: RegExp;
  begin: (installation: TestInstallation) => Promise<Pressure>;
}

const asOwner = (installation: TestInstallation, ...statements: string[]) =>
  withPostgres(installation.info.postgres.url, async (owner) => {
    for (const it of statements) await owner.query(it);
  });

/** Ends every session of worker and API at the master database, as a failover does. */
const cutAll = (installation: TestInstallation) =>
  asOwner(
    installation,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${databaseOf(installation)}' AND usename IN ('freeflow_api', 'freeflow_worker')`,
  );

/** A property of the whole database, which counts for sessions that begin from now on. */
const setting =
  (on: string, off: string) =>
  async (installation: TestInstallation): Promise<Pressure> => {
    const change = (what: string) => asOwner(installation, `ALTER DATABASE ${databaseOf(installation)} ${what}`);
    await change(on);
    await cutAll(installation);
    return {
      end: async () => {
        await change(off);
        await cutAll(installation);
      },
    };
  };

/** Does `work` again and again until the end. */
function repeating(work: () => Promise<unknown>): Pressure {
  let isOver = false;
  const done = (async () => {
    while (!isOver) await work();
  })();
  done.catch(() => undefined);
  return {
    end: async () => {
      isOver = true;
      await done;
    },
  };
}

export const PRESSURES: Readonly<Record<string, PressureKind>> = {
  'every transaction is serializable': {
    meets: ['create', 'suspend'],
    leaves: /could not serialize|write conflict or a deadlock/i,
    begin: setting('SET default_transaction_isolation = serializable', 'RESET default_transaction_isolation'),
  },
  // One goes to the worker's locks; the owner's own sessions don't count.
  'three connections are all there are': {
    meets: ['resume', 'suspend'],
    leaves: /too many connections/,
    begin: setting('CONNECTION LIMIT 3', 'CONNECTION LIMIT -1'),
  },
  'its sessions end all the time, the one of the locks as well': {
    isAlone: true,
    meets: ['resume', 'suspend'],
    leaves: /terminat|closed|connection error|lock-lost/,
    begin: async (installation) =>
      repeating(async () => {
        await cutAll(installation);
        await delay(700);
      }),
  },
  'it goes away for some seconds, again and again': {
    meets: ['resume', 'suspend'],
    leaves: /not currently accepting connections/,
    begin: async (installation) =>
      repeating(async () => {
        await asOwner(installation, `ALTER DATABASE ${databaseOf(installation)} ALLOW_CONNECTIONS false`);
        await cutAll(installation);
        await delay(2_500);
        await asOwner(installation, `ALTER DATABASE ${databaseOf(installation)} ALLOW_CONNECTIONS true`);
        await delay(2_500);
      }),
  },
  'a stranger locks in the other order': {
    meets: ['resume', 'hard delete'],
    leaves: /deadlock/,
    begin: deadlocks,
  },
  'worker and API have one connection each': {
    env: { MASTER_DATABASE_POOL: '1' },
    meets: ['create', 'hard delete'],
    leaves: /./,
    begin: async () => ({ end: async () => undefined }),
  },
};

/**
 * Holds operations where the product holds tenants and wants an operation, then wants such a tenant: PostgreSQL ends
 * one of the two, and as this session would wait an hour before it looked for a deadlock, the product's is the one.
 */
async function deadlocks(installation: TestInstallation): Promise<Pressure> {
  const stranger = new Client({ connectionString: installation.masterUrl, application_name: 'freeflow-test-stranger' });
  await stranger.connect();
  await stranger.query("SET deadlock_timeout = '1h'");
  const {
    rows: [me],
  } = await stranger.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const isWaitedFor = async () =>
    (
      await installation.master.query('SELECT 1 FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))', [
        me?.pid,
      ])
    ).rowCount !== 0;
  const pressure = repeating(async () => {
    await stranger.query('BEGIN');
    const { rowCount } = await stranger.query('SELECT 1 FROM "TenantOperation" WHERE "endedAt" IS NULL FOR UPDATE');
    for (let tries = 0; rowCount !== 0 && tries < 40 && !(await isWaitedFor()); tries++) await delay(50);
    if (rowCount !== 0) await stranger.query('SELECT 1 FROM "Tenant" FOR UPDATE');
    await stranger.query('ROLLBACK');
    await delay(50);
  });
  return {
    end: async () => {
      await pressure.end();
      await stranger.end();
    },
  };
}
