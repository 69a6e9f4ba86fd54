import { setTimeout as delay } from 'node:timers/promises';
import { rollBackPrepared, type Prepared } from './prepared-transactions';
import type { PostgresServer } from './server';

const INSPECT_EVERY_MS = 100;
/** How long another tenant's transaction may go on before it is ended. */
const NEIGHBOUR_GRACE_MS = 1_000;

interface Blocker {
  pid: number;
  role: string | null;
  database: string | null;
  application: string | null;
  client: string | null;
  since: string | null;
  isTenants: boolean;
  /** Ended by us, where we have the rights of its role: to end any other session takes a superuser. */
  isOurs: boolean;
}

// A session of a role that carries an ownership nonce is a tenant's. Never the query itself: it may hold a secret.
const BLOCKERS = `
  SELECT b.pid, a.usename AS role, a.datname AS database, a.application_name AS application, a.client_addr::text AS client, a.query_start::text AS since,
         coalesce(shobj_description(a.usesysid, 'pg_authid') LIKE 'freeflow:%', false) AS "isTenants",
         coalesce(pg_has_role(a.usesysid, 'USAGE'), false) AS "isOurs"
    FROM (SELECT DISTINCT unnest(pg_blocking_pids($1)) AS pid) b LEFT JOIN pg_stat_activity a ON a.pid = b.pid`;

// pg_blocking_pids returns 0 for a prepared transaction, which no session holds; its lock on its own number identifies
// it.
const PREPARED = `
  SELECT DISTINCT p.gid, p.owner, p.database, coalesce(shobj_description(r.oid, 'pg_authid') LIKE 'freeflow:%', false) AS "isTenants"
    FROM pg_locks w
    JOIN pg_locks h ON h.pid IS NULL AND h.granted AND (h.locktype, h.database, h.relation, h.transactionid, h.classid, h.objid, h.objsubid)
      IS NOT DISTINCT FROM (w.locktype, w.database, w.relation, w.transactionid, w.classid, w.objid, w.objsubid)
    JOIN pg_locks x ON x.pid IS NULL AND x.granted AND x.locktype = 'transactionid' AND x.virtualtransaction = h.virtualtransaction
    JOIN pg_prepared_xacts p ON p.transaction = x.transactionid
    LEFT JOIN pg_roles r ON r.rolname = p.owner
   WHERE w.pid = $1 AND NOT w.granted`;

/**
 * Looks who holds the locks that a session waits for, ends it where it is a tenant's, and remembers who it was where it
 * isn't.
 */
export class Blockers {
  private readonly stopping = new AbortController();
  private readonly watching: Promise<void>;
  private readonly firstSeen = new Map<string, number>();
  private readonly names = new Set<string>();

  constructor(
    private readonly server: PostgresServer,
    private readonly pid: number,
    private readonly own: readonly string[],
    private readonly signal: AbortSignal,
  ) {
    this.watching = this.watch();
  }

  /** Who was seen, for people. */
  describeSeen(): string {
    return this.names.size === 0
      ? 'a lock whose holder was gone before it could be identified'
      : [...this.names].join('; ');
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.watching;
  }

  private async watch(): Promise<void> {
    for (;;) {
      await delay(INSPECT_EVERY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      if (this.stopping.signal.aborted) return;
      // A failed look costs a name in the message, or the wait until the lock's deadline; the statement itself reports
      // how it ended.
      await this.inspect().catch(() => undefined);
    }
  }

  private async inspect(): Promise<void> {
    const { rows } = await this.server.pool.query<Blocker>(BLOCKERS, [this.pid]);
    for (const it of rows) {
      if (it.pid === 0) await this.inspectPrepared();
      else await this.inspectBlocker(it);
    }
  }

  private async inspectBlocker(blocker: Blocker): Promise<void> {
    this.names.add(describeBlocker(blocker));
    if (!blocker.isTenants || !blocker.isOurs || !this.isDue(`${blocker.pid}`, blocker.role)) return;
    await this.server.pool.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND usename = $2',
      [blocker.pid, blocker.role],
    );
  }

  private async inspectPrepared(): Promise<void> {
    const { rows } = await this.server.pool.query<Prepared & { isTenants: boolean }>(PREPARED, [this.pid]);
    for (const it of rows) {
      this.names.add(
        `prepared transaction ${it.gid} of ${it.owner} in database ${it.database}; to end it, there: ROLLBACK PREPARED '${it.gid}'`,
      );
      if (it.isTenants && this.isDue(it.gid, it.owner))
        await rollBackPrepared(this.server, AbortSignal.any([this.signal, this.stopping.signal]), it);
    }
  }

  private isDue(key: string, role: string | null): boolean {
    const since = this.firstSeen.get(key) ?? performance.now();
    this.firstSeen.set(key, since);
    return (role !== null && this.own.includes(role)) || performance.now() - since >= NEIGHBOUR_GRACE_MS;
  }
}

/** Names a session by what helps to find and end it. What we have no right to see is left out. */
export function describeBlocker({
  pid,
  role,
  database,
  application,
  client,
  since,
}: Omit<Blocker, 'isTenants' | 'isOurs'>): string {
  const more = [
    application === null || application === '' ? '' : `application ${application}`,
    client === null ? '' : `from ${client}`,
    since === null ? '' : `at work since ${since}`,
  ];
  return `process ${pid} of ${role ?? 'the server itself'}${database === null ? '' : ` in database ${database}`}${more
    .filter(Boolean)
    .map((it) => `, ${it}`)
    .join('')}`;
}
