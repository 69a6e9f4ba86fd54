import { createMasterClient } from '@freeflow/db-master';
import { databaseOf } from '@freeflow/lib/pg';
import { createSecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import { RunClient } from '@freeflow/lib/temporal';
import type { Client } from '@temporalio/client';
import { createActivities } from '../activities';
import { TenantLock } from '../activities/tenant-lock';
import type { Backend } from '../backends/backend';
import { createBackends } from '../backends/registry';
import type { WorkerConfig } from './config';
import { operationStarter } from './operation-starter';

/** The backends that a worker of this configuration provisions. */
export const backendsOf = (config: WorkerConfig): Backend[] =>
  createBackends(config, { masterDatabase: databaseOf(config.MASTER_DATABASE_URL) });

/**
 * The activities with everything they need, and how to let go of it again.
 * @param searchAttributes the names that workflows may set; all, when left out
 */
export function createDependencies(
  config: WorkerConfig,
  client: Client,
  backends = backendsOf(config),
  searchAttributes?: readonly string[],
) {
  const db = createMasterClient(config.MASTER_DATABASE_URL, {
    applicationName: 'freeflow-worker',
    maxConnections: config.MASTER_DATABASE_POOL,
  });
  const lock = new TenantLock(config.MASTER_DATABASE_URL);
  const runs = new RunClient(client, config.TASK_QUEUE);
  const activities = createActivities({
    db,
    secrets: createSecretStore(db, readSecretKeys(config.SECRETS_KEY, config.SECRETS_OLD_KEYS)),
    lock,
    backends,
    settleMarginMs: config.SETTLE_MARGIN_MS,
    settings: {
      patienceMs: config.STEP_PATIENCE_MS,
      parkedRetryMs: config.PARKED_RETRY_MS,
      parkedCreateMs: config.PARKED_CREATE_MS,
      retentionMs: config.RETENTION_MS,
      searchAttributes,
      eventsPerRun: config.EVENTS_PER_RUN,
    },
    auditRetentionDays: config.AUDIT_RETENTION_DAYS,
    eventRetentionDays: config.EVENT_RETENTION_DAYS,
    operationRetention: { operationDays: config.OPERATION_RETENTION_DAYS, logDays: config.LOG_RETENTION_DAYS },
    startOperation: operationStarter(runs),
    hasOpenRun: (operation) => runs.hasOpenRun(operation),
    findOpenRuns: (operations) => runs.findOpenRuns(operations),
    startPoolKeeper: (backend) => runs.startPoolKeeper(backend),
  });
  const close = async () => {
    await Promise.allSettled([...backends.map((it) => it.close()), lock.close(), db.$disconnect()]);
  };
  return { activities, close };
}
