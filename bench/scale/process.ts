import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { reconcileIdOf, sweepIdOf } from '@freeflow/contract';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { freePort } from '../../stack/ports';
import { apiEnv, workerEnv } from '../../stack/stack-info';
import { startProcess, untilReady } from '../../test/support/product-process';
import { openOperator } from '../../test/support/temporal';
import { UNLIMITED } from '../../test/support/unlimited';

/** A process of the product, from dist/. */
export interface ProductProcess {
  url: string;
  stop(): Promise<void>;
}

/** Of this run alone: a queue belongs to the installation that has used it first, and each run has another. */
const RUN = randomUUID().slice(0, 8);
const taskQueueOf = (database: string): string => `bench-${database}-${RUN}`;

/** The API as it is, at a database. */
export async function startApi(info: StackInfo, database: string, masterUrl: string): Promise<ProductProcess> {
  const port = await freePort();
  return start(info, 'api/server.js', `http://127.0.0.1:${port}`, {
    ...apiEnv(info),
    ...UNLIMITED,
    MASTER_DATABASE_URL: masterUrl,
    TASK_QUEUE: taskQueueOf(database),
    API_PORT: String(port),
    LOG_LEVEL: 'error',
  });
}

/**
 * The worker as it is, with its usual intervals; but for the reconciler, which has its own hour, and the pool of
 * realms, which nobody would drop when the database is gone.
 */
export async function startWorker(info: StackInfo, database: string, masterUrl: string): Promise<ProductProcess> {
  const port = await freePort();
  const worker = await start(info, 'worker/main.js', `http://127.0.0.1:${port}`, {
    ...workerEnv(info),
    MASTER_DATABASE_URL: masterUrl,
    TASK_QUEUE: taskQueueOf(database),
    WORKER_HEALTH_PORT: String(port),
    RECONCILE_INTERVAL_MS: String(24 * 3_600_000),
    KEYCLOAK_POOL_SIZE: '0',
  });
  return {
    ...worker,
    stop: async () => {
      await worker.stop();
      await deleteSchedules(info, taskQueueOf(database));
    },
  };
}

/** They would go on starting runs that no worker takes. */
async function deleteSchedules(info: StackInfo, taskQueue: string): Promise<void> {
  const operator = await openOperator(info);
  try {
    for (const id of [sweepIdOf(taskQueue), reconcileIdOf(taskQueue)])
      await operator.client.schedule.getHandle(id).delete();
  } finally {
    await operator.close();
  }
}

async function start(
  { dir }: StackInfo,
  script: string,
  url: string,
  env: Record<string, string>,
): Promise<ProductProcess> {
  const started = startProcess(script, env, path.join(dir, 'logs', `bench-${path.dirname(script)}.log`));
  await untilReady(started, `${url}/health/ready`);
  return { url, stop: () => started.stop() };
}
