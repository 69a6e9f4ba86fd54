import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { BackendFault } from '../failures';
import type { Session } from './server';
import { rolesOf } from './sql';

const SESSIONS_END_MS = 5_000;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 50;
/**
 * A client that takes its time to send its password keeps nobody waiting for longer: once it has, its role is looked at
 * anew. One that waits for a lock on its database is beyond that look, and is waited for.
 */
const ON_ITS_WAY_MS = 1_000;

// A session begins in a transaction, in which the server looks whether role and database take it, and shows whose it is
// only at its end (InitPostgres). So whoever was let in before is in one of these, or shows.
const BEGINNING = `
  SELECT pid, coalesce(bool_or(NOT granted AND locktype = 'object' AND classid = 'pg_catalog.pg_database'::pg_catalog.regclass), false) AS "isHeldUp"
    FROM pg_locks WHERE pid <> pg_backend_pid() GROUP BY pid HAVING bool_or(locktype = 'virtualxid')`;

// Of other roles those are the tenant's that may do what its roles may, and whose sessions we may end.
const END = `
  WITH activity AS MATERIALIZED (SELECT pid, usesysid, usename, datid, datname FROM pg_stat_activity),
  ended AS (
    SELECT pg_terminate_backend(a.pid) FROM activity a JOIN pg_roles r ON r.oid = a.usesysid
     WHERE a.usename = ANY ($1) OR a.datname = $2 AND a.usename <> current_user
       AND CASE WHEN NOT r.rolsuper AND pg_has_role(r.oid, 'USAGE') THEN EXISTS (SELECT FROM pg_roles own WHERE own.rolname = ANY ($1) AND pg_has_role(r.oid, own.oid, 'MEMBER')) ELSE false END),
  unsure AS MATERIALIZED (
    SELECT pid FROM unnest($3::int[]) one(pid)
     WHERE NOT EXISTS (SELECT FROM activity a WHERE a.pid = one.pid AND (a.usesysid IS NOT NULL OR a.datid IS NOT NULL)))
  SELECT (SELECT count(*)::int FROM ended) AS ended, EXISTS (SELECT FROM unsure) AS "isUnsure",
         EXISTS (SELECT FROM unsure WHERE pid = ANY ($4)) AS "isHeldUp"`;

interface Look {
  /** How many sessions of the tenant were there, and were ended. */
  ended: number;
  /** Whether one was on its way in of which it doesn't show yet whose it is; or one has just ended. */
  isUnsure: boolean;
  /** Whether such a one waited for a lock on its database. */
  isHeldUp: boolean;
}

/** The sessions that are to end: of these roles, and of this database. */
interface Ending {
  roles: readonly string[];
  /** Nothing: wherever they are, those of the roles alone. */
  database: string;
}

/**
 * Ends the tenant's sessions until none is there, and none on its way in that was let in before: to be called once the
 * server lets no more in.
 */
export const endSessions = (session: Session, name: string, signal: AbortSignal): Promise<void> =>
  endAll(session, { roles: rolesOf(name), database: name }, signal);

/** The same of one of its logins alone; all others go on. */
export const endSessionsOf = (session: Session, role: string, signal: AbortSignal): Promise<void> =>
  endAll(session, { roles: [role], database: '' }, signal);

async function endAll({ client }: Session, ending: Ending, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  let noneSince: number | undefined;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const { ended, isUnsure, isHeldUp } = await look(client, ending);
    const now = performance.now();
    noneSince = ended === 0 && !isHeldUp ? (noneSince ?? now) : undefined;
    if (noneSince !== undefined && (!isUnsure || now - noneSince >= ON_ITS_WAY_MS)) return;
    if (now - startedAt > SESSIONS_END_MS) throw stillOpen(ending, isHeldUp);
    await delay(pauseMs, undefined, { signal });
  }
}

async function look(client: Client, { roles, database }: Ending): Promise<Look> {
  const { rows: beginning } = await client.query<{ pid: number; isHeldUp: boolean }>(BEGINNING);
  const [pids, heldUp] = [beginning, beginning.filter((it) => it.isHeldUp)].map((all) => all.map(({ pid }) => pid));
  const { rows } = await client.query<Look>(END, [roles, database, pids, heldUp]);
  const [seen] = rows;
  if (seen === undefined) throw new Error('the look at the sessions returned no row');
  return seen;
}

const stillOpen = ({ roles: [role = ''] }: Ending, isHeldUp: boolean): BackendFault =>
  new BackendFault(
    'still-open',
    isHeldUp
      ? `PostgreSQL: a session that may be of ${role} has been let in, and waits for a lock on its database`
      : `PostgreSQL: sessions of ${role} do not end`,
  );
