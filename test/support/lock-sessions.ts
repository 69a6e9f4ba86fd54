import type { StackInfo } from '@freeflow/contract/stack-info';
import { withPostgres } from './outside';

/** Ends the sessions by which the workers of a master database hold their locks, as an operator or a failover does. */
export const endLockSessions = ({ postgres }: StackInfo, database: string): Promise<void> =>
  withPostgres(postgres.url, async (owner) => {
    await owner.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'freeflow-lock%' AND datname = $1",
      [database],
    );
  });

/** Ends the session that holds one lock, and no other. */
export const endLockSessionOf = ({ postgres }: StackInfo, key: string): Promise<void> =>
  withPostgres(postgres.url, async (owner) => {
    const { rowCount } = await owner.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = hashtextextended($1, 0)`,
      [key],
    );
    if (rowCount !== 1) throw new Error(`${rowCount} sessions hold the lock of ${key}`);
  });
