import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import { DbMasterError } from './errors';

/** Any fixed number; every migrator of a database must use the same. */
const LOCK_KEY = 7_303_901_467;
const POLL_MS = 200;
const PATIENCE_MS = 300_000;

/**
 * Runs `work` while this session holds the migration lock of its database. The server frees the lock with the session.
 * @throws DbMasterError `migration-failed` when another migrator holds it for 5 minutes
 */
export async function withMigrationLock<T>(session: Client, onWait: () => void, work: () => Promise<T>): Promise<T> {
  await acquire(session, onWait);
  try {
    return await work();
  } finally {
    await session.query('SELECT pg_advisory_unlock($1)', [LOCK_KEY]).catch(() => undefined);
  }
}

// It polls: a session that waits inside pg_advisory_lock() holds a snapshot, and CREATE INDEX CONCURRENTLY
// of the migrator that has the lock would wait for that snapshot for ever.
async function acquire(session: Client, onWait: () => void): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let tries = 0; !(await tryLock(session)); tries += 1) {
    if (tries === 0) onWait();
    if (Date.now() > deadline)
      throw new DbMasterError(
        'migration-failed',
        'Another migration has held the lock for 5 minutes. See pg_locks for its session.',
      );
    await pause(POLL_MS);
  }
}

async function tryLock(session: Client): Promise<boolean> {
  const { rows } = await session.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [LOCK_KEY]);
  return rows[0]?.locked === true;
}
