import type { StackInfo } from '@freeflow/contract/stack-info';
import { withPostgres } from './outside';

/** Ends the sessions by which the workers of a master database hold their locks, as an operator or a failover does. */
export const endLockSessions = ({ postgres }: StackInfo, database: string): Promise<void> =>
  withPostgres(postgres.url, async (owner) => {
    await owner.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'freeflow-lock' AND datname = $1",
      [database],
    );
  });
