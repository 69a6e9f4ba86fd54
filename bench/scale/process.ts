import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import path from 'node:path';
import { reconcileIdOf, sweepIdOf } from '@freeflow/contract';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { projectRoot } from '../../stack/project';
import { apiEnv, workerEnv } from '../../stack/stack-info';
import { openOperator } from '../../test/support/temporal';
import { until } from '../../test/support/until';

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
  return start('api/server.js', `http://127.0.0.1:${port}`, {
    ...apiEnv(info),
    MASTER_DATABASE_URL: masterUrl,
    TASK_QUEUE: taskQueueOf(database),
    API_PORT: String(port),
    LOG_LEVEL: 'error',
  });
}

/**
 * The worker as it is, with its usual intervals; but for the reconciler, which has its own hour, and the pool of realms, which nobody would
 * drop when the database is gone.
 */
export async function startWorker(info: StackInfo, database: string, masterUrl: string): Promise<ProductProcess> {
  const port = await freePort();
  const worker = await start('worker/main.js', `http://127.0.0.1:${port}`, {
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

async function start(script: string, url: string, env: Record<string, string>): Promise<ProductProcess> {
  const child = spawn(process.execPath, [path.join(projectRoot(), 'dist', script)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await until(`${script} is ready`, async () => child.exitCode !== null || (await fetch(`${url}/health/ready`)).ok);
  if (child.exitCode !== null) throw new Error(`${script} ended with ${child.exitCode}`);
  return {
    url,
    stop: async () => {
      child.kill();
      await gone;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
