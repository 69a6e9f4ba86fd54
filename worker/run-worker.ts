import { refuseTransactionPooling } from '@freeflow/lib/pg';
import { CRASH_SIGNALS } from '@freeflow/lib/shutdown';
import { saveCompileCache } from '@freeflow/lib/start';
import { readTemporalConfig } from '@freeflow/lib/temporal';
import { startTracing } from '@freeflow/lib/tracing-sdk';
import { followReferences } from '@freeflow/lib/vault';
import { buildVersion } from '@freeflow/lib/version';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { BlueprintError } from '../backends/blueprint';
import { assertUsable } from '../backends/registry';
import { publishOwnBlueprint, readOwnBlueprint } from './blueprint';
import { AFTER_GRACE_MS, readWorkerConfig, workerVariables, type WorkerConfig } from './config';
import { createDependencies } from './dependencies';
import { deploymentOptionsOf } from './deployment';
import { serveHealth, type Health } from './health';
import { readInstallationId } from './installation-id';
import { activityLogFields } from './log-fields';
import { optionsOf, polledQueues } from './queues';
import { ForeignTaskQueue, scheduleReconciler, scheduleSweep } from './schedules';
import { registerSearchAttributes } from './search-attributes';
import { startTelemetry } from './telemetry';

const RETRY_MS = 1_000;

/**
 * Runs the worker until a signal stops it; the process then ends by itself.
 * @param compose puts the activities together
 * @throws BlueprintError when its blueprint can't be used
 * @throws Error when the configuration is incomplete, or a vault that it names does not answer; when it names a pooler
 * that takes sessions apart, or the task queue is another installation's
 */
export async function runWorker(env: NodeJS.ProcessEnv, compose = createDependencies): Promise<void> {
  const config = readWorkerConfig(await followReferences(workerVariables, env));
  await Promise.all([
    refuseTransactionPooling('MASTER_DATABASE_URL', config.MASTER_DATABASE_URL),
    assertUsable(config),
  ]);
  const blueprint = await readOwnBlueprint(config);
  const logger = startTelemetry(config.LOG_LEVEL, config.WORKER_SDK_METRICS_ADDRESS);
  const tracing = startTracing('freeflow-worker', config, logger);
  const health: Health = { workers: [], waitingFor: 'Temporal', stopped: Promise.resolve() };
  const server = await serveHealth(health, config.WORKER_HEALTH_HOST, config.WORKER_HEALTH_PORT);
  stopOnSignal(config.WORKER_GRACE_MS, logger, health);
  const { connectionOptions, namespace } = readTemporalConfig(env);
  const connection = await retryForever(logger, 'connect to Temporal', () =>
    NativeConnection.connect(connectionOptions),
  );
  const client = new Client({ connection, namespace });
  const searchAttributes = await retryForever(logger, 'register the search attributes', () =>
    registerSearchAttributes(connection, namespace, (message) => logger.warn(message)),
  );
  const owner = await claimTaskQueue(config, client, logger, health);
  if (blueprint !== undefined) {
    const outcome = await retryForever(logger, 'publish the blueprint', () => publishOwnBlueprint(config, blueprint));
    logger.info({ version: blueprint.version, outcome }, 'blueprint');
  }
  const { activities, close } = compose(config, client, undefined, searchAttributes);
  health.workers = await createWorkers(config, connection, namespace, activities);
  health.waitingFor = null;
  // In the background: workflows can run before it is set up.
  retryForever(logger, 'schedule the reconciler', () =>
    scheduleReconciler(client, owner, config.RECONCILE_INTERVAL_MS),
  ).catch((error: unknown) => logger.error({ cause: (error as Error).message }, 'could not schedule the reconciler'));

  const { TASK_QUEUE: taskQueue } = config;
  logger.info({ version: buildVersion(), taskQueue, namespace, queues: polledQueues(config) }, 'worker runs');
  const stopped = runToEnd(health.workers, async () => {
    server.close();
    await close();
    await connection.close();
    await tracing.stop();
  });
  health.stopped = stopped;
  saveCompileCache();
  await stopped;
  logger.info('worker stopped');
}

async function runToEnd(workers: readonly Worker[], close: () => Promise<void>): Promise<void> {
  try {
    await Promise.all(workers.map((it) => it.run()));
  } finally {
    await close();
  }
}

/**
 * Ends the process once running activities had their time; at once while there are no workers yet. A second signal ends
 * it without waiting. An uncaught error ends it too, with exit code 1.
 */
function stopOnSignal(graceMs: number, logger: Logger, health: Health): void {
  closeWithGrace({ delay: graceMs + AFTER_GRACE_MS, logger, skip: CRASH_SIGNALS }, async ({ signal, err }) => {
    if (err === undefined) logger.info({ signal }, 'worker stops');
    else logger.fatal({ err }, 'worker stops on an uncaught error');
    const running = health.workers.filter((it) => it.getState() === 'RUNNING');
    for (const worker of running) worker.shutdown();
    if (running.length > 0) await health.stopped;
  });
}

/**
 * Claims the task queue for this installation, by the sweep's schedule, before any task is taken: it may not be ours.
 * @throws ForeignTaskQueue
 */
async function claimTaskQueue(config: WorkerConfig, client: Client, logger: Logger, health: Health) {
  health.waitingFor = 'the master database';
  const installation = await retryForever(logger, 'read which installation this is', () =>
    readInstallationId(config.MASTER_DATABASE_URL),
  );
  health.waitingFor = 'Temporal';
  const owner = { taskQueue: config.TASK_QUEUE, installation };
  await retryForever(logger, 'schedule the sweep', () => scheduleSweep(client, owner, config.SWEEP_INTERVAL_MS));
  return owner;
}

/** One worker for each queue that is polled: for workflows and the master database, for each backend, for webhooks. */
async function createWorkers(
  config: WorkerConfig,
  connection: NativeConnection,
  namespace: string,
  activities: object,
): Promise<Worker[]> {
  const interceptors = { activity: [activityLogFields] };
  const common = {
    connection,
    namespace,
    activities,
    interceptors,
    ...deploymentOptionsOf(config),
    shutdownGraceTime: config.WORKER_GRACE_MS,
    shutdownForceTime: config.WORKER_GRACE_MS + AFTER_GRACE_MS / 2,
    // Heartbeats must pass every second, or a busy worker would be taken for dead.
    maxHeartbeatThrottleInterval: '1 second',
    defaultHeartbeatThrottleInterval: '1 second',
  } as const;
  return Promise.all(polledQueues(config).map((queue) => Worker.create({ ...common, ...optionsOf(queue, config) })));
}

/**
 * Retries forever: the worker waits for its servers. Only a task queue of another installation ends it, and a blueprint
 * that can't be used.
 */
async function retryForever<T>(logger: Logger, what: string, act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (error instanceof ForeignTaskQueue || error instanceof BlueprintError) throw error;
      logger.warn({ cause: (error as Error).message }, `could not ${what}; trying again`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
