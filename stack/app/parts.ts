import { join } from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { withoutSecrets } from '../environment';
import type { LaunchPlan } from '../managed-process';
import { projectRoot } from '../project';
import { apiEnv, workerEnv } from '../stack-info';

/** A process that runs on the servers of a stack. */
export interface Part {
  name: 'worker' | 'api' | 'prometheus';
  title: string;
  /** Called before each launch, restarts included. */
  plan: (info: StackInfo, env: NodeJS.ProcessEnv) => LaunchPlan;
  readyUrl: (info: StackInfo) => string;
  /** The worker lets running activities end first. */
  stopWithinMs: number;
}

/** A program of ours, as it was built. */
const planOf =
  (script: string, envOf: (info: StackInfo) => Record<string, string>): Part['plan'] =>
  (info, env) => ({
    command: process.execPath,
    args: [join(projectRoot(), script)],
    env: { PLANS_FILE: examplePlans(), ...withoutSecrets(env), ...collectorEnv(env), ...envOf(info) },
    cwd: projectRoot(),
  });

/** Unless the environment names others. */
export const examplePlans = (): string => join(projectRoot(), 'deploy', 'plans.example.yaml');

/** What the product may show to the collector of traces, and no server needs. */
const collectorEnv = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('OTEL_EXPORTER_OTLP_HEADERS')));

const sdkMetricsEnv = ({ worker: { sdkMetricsUrl } }: StackInfo): Record<string, string> =>
  sdkMetricsUrl === undefined ? {} : { WORKER_SDK_METRICS_ADDRESS: new URL(sdkMetricsUrl).host };

/** The product: always these. */
export const PARTS: readonly Part[] = [
  {
    name: 'worker',
    title: 'Worker',
    plan: planOf('dist/worker/main.js', (info) => ({ ...workerEnv(info), ...sdkMetricsEnv(info) })),
    readyUrl: ({ worker }) => `${worker.healthUrl}/health/ready`,
    stopWithinMs: 30_000,
  },
  {
    name: 'api',
    title: 'API',
    plan: planOf('dist/api/server.js', apiEnv),
    readyUrl: ({ api }) => `${api.url}/health/ready`,
    stopWithinMs: 10_000,
  },
];
