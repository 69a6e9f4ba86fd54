import { createMasterClient } from '@freeflow/db-master';
import { parseDuration } from '@freeflow/lib/config';
import { databaseOf } from '@freeflow/lib/pg';
import { readPlans } from '@freeflow/lib/plans';
import { createSecretStore, readSecretKeys, VaultLeftovers } from '@freeflow/lib/secrets';
import { RunClient } from '@freeflow/lib/temporal';
import { openVault } from '@freeflow/lib/vault';
import { networkPolicy } from '@freeflow/lib/webhooks';
import type { Client } from '@temporalio/client';
import { Runtime } from '@temporalio/worker';
import { createActivities } from '../activities';
import type { RotationSchedule } from '../activities/due-rotations';
import { TenantLock } from '../activities/tenant-lock';
import { WebhookDispatcher } from '../activities/webhooks/dispatcher';
import { Sender } from '../activities/webhooks/post';
import type { Backend } from '../backends/backend';
import { createBackends } from '../backends/registry';
import type { WorkerConfig } from './config';
import { operationStarter } from './operation-starter';

/** Connections to the master database for webhooks, opened when there is one. */
const WEBHOOK_CONNECTIONS = 5;

/** The backends that a worker of this configuration provisions. */
export const backendsOf = (config: WorkerConfig): Backend[] =>
  createBackends(config, { masterDatabase: databaseOf(config.MASTER_DATABASE_URL) });

function rotationScheduleOf({ ROTATE_EVERY, ROTATE_OVERLAP }: WorkerConfig): RotationSchedule | undefined {
  const [everyMs, overlapMs] = [ROTATE_EVERY, ROTATE_OVERLAP].map((it) => it && parseDuration(it));
  return typeof everyMs === 'number' && typeof overlapMs === 'number'
    ? { everyMs, overlapS: overlapMs / 1_000 }
    : undefined;
}

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
  const keys = readSecretKeys(config.SECRETS_KEY, config.SECRETS_OLD_KEYS);
  const lock = new TenantLock(config.MASTER_DATABASE_URL, undefined, keys.current.id);
  // At the start: `freeflow secrets rekey` asks who is there, also of those that have nothing to do yet.
  lock.open();
  const runs = new RunClient(client, config.TASK_QUEUE);
  const vault = openVault(config);
  vault?.keepAlive();
  const webhookDb = createMasterClient(config.MASTER_DATABASE_URL, {
    applicationName: 'freeflow-worker-webhooks',
    maxConnections: WEBHOOK_CONNECTIONS,
  });
  const webhooks = new WebhookDispatcher({
    db: webhookDb,
    common: db,
    keys,
    start: (delivery) => runs.startDelivery(delivery),
    warn: (message, meta) => Runtime.instance().logger.warn(message, meta),
  });
  const warn = (message: string, error: unknown) =>
    Runtime.instance().logger.warn(message, { cause: (error as Error).message });
  // At the start: a worker that no sweep comes to has a key as well.
  void webhooks.publishKey();
  const sender = new Sender({
    policy: networkPolicy(config.WEBHOOK_ALLOWED_NETWORKS),
    timeoutMs: config.WEBHOOK_TIMEOUT_MS,
  });
  const secrets = createSecretStore(db, keys, { vault, store: config.SECRETS_STORE });
  // In the background, for whoever reads the log: what depends on it looks for itself.
  secrets.claimVault().catch((error: unknown) => warn('the vault could not be seen to be ours', error));
  const activities = createActivities({
    db,
    secrets,
    leftovers: vault === undefined ? undefined : new VaultLeftovers(vault),
    lock,
    backends,
    plans: readPlans(config.PLANS_FILE),
    settleMarginMs: config.SETTLE_MARGIN_MS,
    rotationSchedule: rotationScheduleOf(config),
    connectValues: config.CREDENTIALS_REVEAL === 'on' ? config : undefined,
    settings: {
      patienceMs: config.STEP_PATIENCE_MS,
      parkedRetryMs: config.PARKED_RETRY_MS,
      parkedCreateMs: config.PARKED_CREATE_MS,
      retentionMs: config.RETENTION_MS,
      searchAttributes,
      eventsPerRun: config.EVENTS_PER_RUN,
    },
    operationRetention: { operationDays: config.OPERATION_RETENTION_DAYS, logDays: config.LOG_RETENTION_DAYS },
    retentionDays: {
      'audit trail': config.AUDIT_RETENTION_DAYS,
      'webhook deliveries': config.WEBHOOK_DELIVERY_RETENTION_DAYS,
      events: config.EVENT_RETENTION_DAYS,
    },
    startOperation: operationStarter(runs),
    hasOpenRun: (operation) => runs.hasOpenRun(operation),
    findOpenRuns: (operations) => runs.findOpenRuns(operations),
    startFleet: (id) => runs.startFleet(id),
    startPoolKeeper: (backend) => runs.startPoolKeeper(backend),
    sweepWebhooks: () => (config.WEBHOOK_SENDING === 'on' ? webhooks.sweep() : webhooks.publishKey()),
    deliveries: {
      db: webhookDb,
      keys,
      sender,
      pausesMs: config.WEBHOOK_RETRY_PAUSES_MS,
      onSettled: () => webhooks.wake(),
    },
  });
  const close = async () => {
    sender.close();
    await webhooks.close();
    const databases = [db.$disconnect(), webhookDb.$disconnect()];
    await Promise.allSettled([...backends.map((it) => it.close()), lock.close(), vault?.close(), ...databases]);
  };
  return { activities, close };
}
