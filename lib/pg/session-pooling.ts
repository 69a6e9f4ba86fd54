import { setTimeout as pause } from 'node:timers/promises';
import { ErrorTolerantClient } from './error-tolerant-client';
import { PgError } from './errors';
import { describeServer } from './server-url';

const CONNECT_TIMEOUT_MS = 5_000;
/** An idle pooler gives itself away by the first look, a busy one by one of the next. */
const LOOKS = 5;
const BETWEEN_LOOKS_MS = 20;

/**
 * Refuses a pooler that gives each transaction another session: locks that are held by a session, and the session's
 * settings, would be lost or left to strangers. That the server can't be reached, or has no second connection left, is
 * nothing to refuse.
 * @param variable by which the server was named
 * @throws PgError `pooler-mode`
 */
export async function refuseTransactionPooling(variable: string, url: string): Promise<void> {
  if ((await sharesSessions(url)) !== true) return;
  throw new PgError(
    'pooler-mode',
    `${variable}: the pooler at ${describeServer(url)} shares a session between clients, by transaction or statement, and FreeFlow's locks belong to a session. Set pool_mode = session there for this database and user, or name the server itself.`,
  );
}

/**
 * Whether two live connections were seen on one session of the server, or one on two; undefined where that could not be
 * looked at.
 */
export async function sharesSessions(url: string): Promise<boolean | undefined> {
  const [one, other] = [open(url), open(url)];
  try {
    await one.connect();
    if (!one.isPooled) return false;
    await other.connect();
    return await seeSharedSession(one, other);
  } catch {
    return undefined;
  } finally {
    await Promise.all([one, other].map((it) => it.end().catch(() => undefined)));
  }
}

const open = (url: string): ErrorTolerantClient =>
  new ErrorTolerantClient({
    connectionString: url,
    application_name: 'freeflow-setup',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
  });

async function seeSharedSession(one: ErrorTolerantClient, other: ErrorTolerantClient): Promise<boolean> {
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const [pid, otherPid] = [await pidOf(one), await pidOf(other)];
    if (pid === otherPid || pid !== one.pid || otherPid !== other.pid) return true;
    await pause(BETWEEN_LOOKS_MS);
  }
  return false;
}

const pidOf = async (session: ErrorTolerantClient): Promise<number | undefined> =>
  (await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
