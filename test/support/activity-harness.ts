import { randomBytes, randomUUID } from 'node:crypto';
import { tenantNames, type OperationKind } from '@freeflow/contract';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { createMasterClient, type PrismaClient } from '@freeflow/db-master';
import { readPlans } from '@freeflow/lib/plans';
import { createSecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import { networkPolicy } from '@freeflow/lib/webhooks';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities, type Activities } from '../../activities';
import type { StepInput } from '../../activities/attempt';
import { TenantLock } from '../../activities/tenant-lock';
import { Sender } from '../../activities/webhooks/post';
import type { Backend } from '../../backends/backend';
import { workerEnv } from '../../stack/stack-info';
import { readWorkerConfig } from '../../worker/config';
import { backendsOf } from '../../worker/dependencies';
import { openMaster, type Master } from './master';
import { TEST_REALM_KEYS } from './sample';

/** The activities on the real servers, called one by one, without any workflow. */
export interface ActivityHarness {
  info: StackInfo;
  /** The name of its master database. */
  database: string;
  db: PrismaClient;
  activities: Activities;
  backends: Backend[];
  /** A tenant with an open operation that `run` works on. */
  newTenant(kind?: OperationKind, name?: string): Promise<StepInput & { name: string; runId: string }>;
  /** Calls one activity as the worker would; `more` is what its input holds besides the ids. */
  run(
    activity: keyof Activities,
    input: StepInput & { runId: string },
    as?: { attempt?: number; activityId?: string },
    more?: object,
  ): Promise<unknown>;
  /** The same master database seen by another worker process: with a lock session and clients of its own. */
  another(env?: Record<string, string>): ActivityHarness;
  close(): Promise<void>;
}

/**
 * How long a server may go on with a call that is no longer waited for, where the environment doesn't set it, in ms.
 */
export const HARNESS_MARGIN_MS = 2_000;

/** A tenant name no one else uses. */
export const newName = (prefix = 't'): string => `${prefix}${randomBytes(5).toString('hex')}`;

/** @param given a master database that is there already; it stays when the harness is closed */
export async function openActivityHarness(env: Record<string, string> = {}, given?: Master): Promise<ActivityHarness> {
  const master = given ?? (await openMaster());
  const harness = harnessOn(master, env);
  return {
    ...harness,
    close: async () => {
      await harness.close();
      if (given === undefined) await master.drop();
    },
  };
}

function harnessOn(master: Master, env: Record<string, string>): ActivityHarness {
  const config = readWorkerConfig({
    ...workerEnv(master.info),
    MASTER_DATABASE_URL: master.workerUrl,
    KEYCLOAK_POOL_SIZE: '0',
    ...TEST_REALM_KEYS,
    ...env,
  });
  const db = createMasterClient(master.workerUrl, { maxConnections: 4 });
  const lock = new TenantLock(master.workerUrl);
  const backends = backendsOf(config);
  const keys = readSecretKeys(config.SECRETS_KEY);
  const secrets = createSecretStore(db, keys);
  const sender = new Sender({
    policy: networkPolicy(config.WEBHOOK_ALLOWED_NETWORKS),
    timeoutMs: config.WEBHOOK_TIMEOUT_MS,
  });
  const startOperation = async () => 'started' as const;
  const hasOpenRun = async () => true;
  const activities = createActivities({
    db,
    secrets,
    lock,
    backends,
    plans: readPlans(config.PLANS_FILE),
    settings: { patienceMs: 1_000, parkedRetryMs: 60_000, parkedCreateMs: 60_000, retentionMs: 60_000 },
    settleMarginMs: config.SETTLE_MARGIN_MS ?? HARNESS_MARGIN_MS,
    operationRetention: { operationDays: config.OPERATION_RETENTION_DAYS, logDays: config.LOG_RETENTION_DAYS },
    deliveries: { db, keys, sender, pausesMs: config.WEBHOOK_RETRY_PAUSES_MS, onSettled: () => undefined },
    retentionDays: {
      'audit trail': config.AUDIT_RETENTION_DAYS,
      events: 30,
      'webhook deliveries': config.WEBHOOK_DELIVERY_RETENTION_DAYS,
    },
    startOperation,
    hasOpenRun,
  });

  return {
    info: master.info,
    database: master.database,
    db,
    activities,
    backends,
    newTenant: async (kind = 'create', name = newName()) => {
      const tenant = await db.tenant.create({ data: { name, ...tenantNames(name) } });
      const runId = randomUUID();
      const operation = await db.tenantOperation.create({
        data: { tenantId: tenant.id, kind, state: 'running', requestedBy: 'test', runId, force: true },
      });
      return { tenantId: tenant.id, operationId: operation.id, name, runId };
    },
    run: async (
      activity,
      { tenantId, operationId, runId },
      { attempt = 1, activityId = randomUUID() } = {},
      more = {},
    ) => {
      for (let tries = attempt; ; tries++) {
        const info = {
          attempt: tries,
          activityId,
          workflowExecution: { workflowId: `tenant-${tenantId}`, runId },
          currentAttemptScheduledTimestampMs: Date.now(),
        };
        const environment = new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
        try {
          return await environment.run(activities[activity] as (input: StepInput) => Promise<unknown>, {
            tenantId,
            operationId,
            ...more,
          });
        } catch (error) {
          // Keycloak now and then answers 500 to realms made at the same time (keycloak#8772); there the server would
          // retry.
          if ((error as { type?: string }).type !== 'server-error' || tries === attempt + 3) throw error;
        }
      }
    },
    another: (other = {}) => harnessOn(master, other),
    close: async () => {
      sender.close();
      await Promise.allSettled([...backends.map((it) => it.close()), lock.close(), db.$disconnect()]);
    },
  };
}
