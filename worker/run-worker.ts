import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { backendQueueOf, RESOURCE_KINDS, type ResourceKind } from '../workflows/messages';
import { builtBundlePath } from './bundle';
import { readWorkerConfig, type WorkerConfig } from './config';
import { createDependencies } from './dependencies';
import { serveHealth, type Health } from './health';
import { registerSearchAttributes, scheduleReconciler, scheduleSweep } from './namespace';
import { startTelemetry } from './telemetry';

const RETRY_MS = 1_000;

/**
 * Runs the worker until it is told to stop.
 * @param compose puts the activities together
 * @throws Error when the configuration is incomplete
 */
export async function runWorker(env: NodeJS.ProcessEnv, compose = createDependencies): Promise<void> {
  const config = readWorkerConfig(env);
  const logger = startTelemetry(config.LOG_LEVEL);
  const health: Health = { workers: [], waitingFor: 'Temporal' };
  const server = await serveHealth(health, config.WORKER_HEALTH_HOST, config.WORKER_HEALTH_PORT);
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();

  const connection = await untilDone(logger, 'connect to Temporal', () => NativeConnection.connect(connectionOptions));
  const client = new Client({ connection, namespace });
  await untilDone(logger, 'register the search attributes', () => registerSearchAttributes(connection, namespace));
  const { activities, close } = compose(config, client);
  health.workers = await createWorkers(config, connection, namespace, activities);
  health.waitingFor = null;
  // In the background: workflows can run before the sweep is set up.
  void untilDone(logger, 'schedule the sweep', () => scheduleSweep(client, config.TASK_QUEUE, config.SWEEP_INTERVAL_MS));
  void untilDone(logger, 'schedule the reconciler', () => scheduleReconciler(client, config.TASK_QUEUE, config.RECONCILE_INTERVAL_MS));

  logger.info({ taskQueue: config.TASK_QUEUE, namespace }, 'worker runs');
  try {
    await Promise.all(health.workers.map((it) => it.run()));
  } finally {
    server.close();
    await close();
    await connection.close();
  }
  logger.info('worker stopped');
}

/** Activities at one backend that go on at a time in one worker, where nothing else is configured. */
const AT_A_TIME = 20;

/** One worker for workflows and the master database, and one for each backend: a slow one holds the slots of no other. */
async function createWorkers(config: WorkerConfig, connection: NativeConnection, namespace: string, activities: object): Promise<Worker[]> {
  const common = {
    connection,
    namespace,
    activities,
    shutdownGraceTime: config.WORKER_GRACE_MS,
    shutdownForceTime: config.WORKER_GRACE_MS + 5_000,
    // Heartbeats must pass every second, or a busy worker would be taken for dead.
    maxHeartbeatThrottleInterval: '1 second',
    defaultHeartbeatThrottleInterval: '1 second',
  } as const;
  const slots = { postgres: AT_A_TIME, mongodb: AT_A_TIME, qdrant: AT_A_TIME, keycloak: config.KEYCLOAK_CONCURRENCY } satisfies Record<ResourceKind, number>;
  return Promise.all([
    Worker.create({
      ...common,
      taskQueue: config.TASK_QUEUE,
      workflowBundle: { codePath: builtBundlePath() },
      // A killed worker's runs are picked up by another one after this time.
      stickyQueueScheduleToStartTimeout: '1 second',
      maxConcurrentActivityTaskExecutions: 40,
    }),
    ...RESOURCE_KINDS.map((kind) => Worker.create({ ...common, taskQueue: backendQueueOf(config.TASK_QUEUE, kind), maxConcurrentActivityTaskExecutions: slots[kind] })),
  ]);
}

/** Repeats what can fail only for the world's sake: the worker waits for its servers rather than dying of them. */
async function untilDone<T>(logger: Logger, what: string, act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      logger.warn({ cause: (error as Error).message }, `could not ${what}; trying again`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
