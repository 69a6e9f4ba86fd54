import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { projectRoot } from '../../stack/project';
import { apiEnv, workerEnv } from '../../stack/stack-info';
import { until } from '../../test/support/until';

/** A process of the product, from dist/. */
export interface ProductProcess {
  url: string;
  stop(): Promise<void>;
}

/** No worker polls it but the one that is measured. */
const taskQueueOf = (database: string): string => `bench-${database}`;

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
  return start('worker/main.js', `http://127.0.0.1:${port}`, {
    ...workerEnv(info),
    MASTER_DATABASE_URL: masterUrl,
    TASK_QUEUE: taskQueueOf(database),
    WORKER_HEALTH_PORT: String(port),
    RECONCILE_INTERVAL_MS: String(24 * 3_600_000),
    KEYCLOAK_POOL_SIZE: '0',
  });
}

async function start(script: string, url: string, env: Record<string, string>): Promise<ProductProcess> {
  const child = spawn(process.execPath, [path.join(projectRoot(), 'dist', script)], {
    env: { ...process.env, ...env },
    stdio: 'ignore',
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await until(`${script} is ready`, async () => {
    if (child.exitCode !== null) throw new Error(`${script} ended with ${child.exitCode}`);
    return (await fetch(`${url}/health/ready`)).ok;
  });
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
