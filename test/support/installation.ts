import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { reconcileIdOf, sweepIdOf } from '@freeflow/contract';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { grantClientCredentials, SharedToken } from '@freeflow/lib/oauth';
import type { VaultSettings } from '@freeflow/lib/vault';
import { Pool } from 'pg';
import { examplePlans } from '../../stack/app/parts';
import { freePort } from '../../stack/ports';
import { apiEnv, workerEnv } from '../../stack/stack-info';
import { openMaster } from './master';
import { startProcess, untilReady, type Running } from './product-process';
import { TEST_REALM_KEYS } from './sample';
import { openOperator, type Operator } from './temporal';
import { UNLIMITED } from './unlimited';

export { type Running } from './product-process';

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown> & { id?: string; code?: string };
  text: string;
}

/**
 * A product of its own on the shared test servers: its own master database, task queue, worker and API, all real
 * processes.
 */
export interface TestInstallation {
  info: StackInfo;
  apiUrl: string;
  /** Where the worker tells its health. */
  workerUrl: string;
  taskQueue: string;
  /** The master database by its owner's eyes. */
  master: Pool;
  masterUrl: string;
  workerMasterUrl: string;
  apiMasterUrl: string;
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /**
   * @param env with a WORKER_HEALTH_PORT of its own for a second one; @param script another entry point, below dist/
   */
  startWorker(env?: Record<string, string>, script?: string): Promise<Running>;
  startApi(env?: Record<string, string>): Promise<Running>;
  /** The API that was started last. */
  api(): Running;
  /** How tests read secrets that its workers keep in a vault. */
  vault?: VaultSettings | undefined;
  /** Temporal, as an operator sees it. */
  operator: Operator;
  /** Where the processes of this installation write their logs. */
  logDir: string;
  close(): Promise<void>;
}

export interface TestInstallationOptions {
  worker?: Record<string, string> | false;
  api?: Record<string, string>;
  /** Where its workers keep secrets; they are told by what they are started with. */
  vault?: VaultSettings | undefined;
  /** The servers, where they aren't the shared ones. */
  info?: StackInfo;
  /** Whose PostgreSQL has the master database, where it isn't that of the tenants. */
  masterOn?: StackInfo;
  /** What zone the sessions of its master database would be in. */
  timezone?: string;
  /** Another way to the master database, for worker and API. */
  masterUrl?: (url: string) => string;
  /** Folders of other releases, as they were built, for those that aren't of this one. */
  releases?: { api?: string | undefined; worker?: string | undefined };
}

/** Opens an installation; `worker: false` leaves it without a worker until `startWorker`. */
export async function openTestInstallation({
  worker = {},
  api: apiOptions = {},
  masterUrl: via = (url) => url,
  info: own,
  vault,
  masterOn = own,
  timezone,
  releases = {},
}: TestInstallationOptions = {}): Promise<TestInstallation> {
  const owned = await openMaster(masterOn, timezone);
  const { ownerUrl: masterUrl } = owned;
  const info = own ?? owned.info;
  const [workerMasterUrl, apiMasterUrl] = [via(owned.workerUrl), via(owned.apiUrl)];
  const taskQueue = owned.database.replace('freeflow_master_', 'installation-');
  const logDir = path.join(info.dir, 'logs', taskQueue);
  mkdirSync(logDir, { recursive: true });
  const master = new Pool({ connectionString: masterUrl, max: 4 });
  master.on('error', () => undefined);
  const [apiPort, healthPort] = [await freePort(), await freePort()];
  const [apiUrl, workerUrl] = [`http://127.0.0.1:${apiPort}`, `http://127.0.0.1:${healthPort}`];
  const operator = await openOperator(info);
  const running = new Set<Running>();
  // Long forms outlive a token.
  const token = new SharedToken(() => grant(info));
  let api: Running | undefined;

  const start = async (name: string, script: string, env: Record<string, string>, readyUrl: string) => {
    const started = startProcess(script, { ...env, TASK_QUEUE: taskQueue }, path.join(logDir, `${name}.log`));
    running.add(started);
    await untilReady(started, readyUrl);
    return started;
  };

  const installation: TestInstallation = {
    info,
    apiUrl,
    workerUrl,
    taskQueue,
    master,
    masterUrl,
    workerMasterUrl,
    apiMasterUrl,
    logDir,
    operator,
    vault,
    startWorker: (env = {}, script = 'worker/main.js') => {
      const { WORKER_HEALTH_PORT: port = String(healthPort) } = env;
      return start(
        'worker',
        scriptOf(script, releases.worker),
        {
          ...workerEnv(info),
          PLANS_FILE: examplePlans(),
          MASTER_DATABASE_URL: workerMasterUrl,
          // Often enough for what only the sweep goes on with; more often, it is what an idle installation costs.
          SWEEP_INTERVAL_MS: '5000',
          SETTLE_MARGIN_MS: '2000',
          // Realms are the dearest of all that the test servers make; set, suites run with a pool that don't ask for
          // one.
          KEYCLOAK_POOL_SIZE: process.env['KEYCLOAK_POOL_SIZE'] ?? '0',
          ...TEST_REALM_KEYS,
          ...env,
          WORKER_HEALTH_PORT: port,
        },
        `http://127.0.0.1:${port}/health/ready`,
      );
    },
    startApi: async (env = apiOptions) => {
      api = await start(
        'api',
        scriptOf('api/server.js', releases.api),
        {
          ...apiEnv(info),
          PLANS_FILE: examplePlans(),
          ...UNLIMITED,
          MASTER_DATABASE_URL: apiMasterUrl,
          API_PORT: String(apiPort),
          ...env,
        },
        `${apiUrl}/health/ready`,
      );
      return api;
    },
    api: () => {
      if (api === undefined) throw new Error('no API was started');
      return api;
    },
    request: async (method, route, body, headers = {}) => {
      const { value: bearer } = await token.get();
      const response = await fetch(apiUrl + route, {
        method,
        headers: {
          authorization: `Bearer ${bearer}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        text,
        body: text === '' ? {} : (JSON.parse(text) as Answer['body']),
      };
    },
    close: async () => {
      await Promise.all([...running].map((it) => it.stop()));
      // Schedules left behind by many installations keep Temporal busy, until those of others are half a minute late.
      for (const id of [sweepIdOf(taskQueue), reconcileIdOf(taskQueue)])
        await operator.client.schedule
          .getHandle(id)
          .delete()
          .catch(() => undefined);
      await operator.close();
      await master.end();
      await owned.drop();
    },
  };
  const started = await Promise.allSettled([
    installation.startApi(),
    worker === false ? undefined : installation.startWorker(worker),
  ]);
  for (const it of started)
    if (it.status === 'rejected') {
      await installation.close();
      throw it.reason;
    }
  return installation;
}

const scriptOf = (script: string, release: string | undefined): string =>
  release === undefined ? script : path.join(release, 'dist', script);

/** The name of its master database. */
export const databaseOf = ({ masterUrl }: Pick<TestInstallation, 'masterUrl'>): string =>
  new URL(masterUrl).pathname.slice(1);

const grant = ({ auth }: StackInfo) => grantClientCredentials({ ...auth, secretBy: 'form' });

/** An access token of the stack's own client. */
export const newToken = async (info: StackInfo): Promise<string> => (await grant(info)).value;
