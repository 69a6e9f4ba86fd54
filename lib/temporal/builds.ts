import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time';

/** An idle worker polls again every minute; Temporal remembers pollers for five minutes. */
const ALIVE_MS = 90_000;
/** https://github.com/temporalio/api/blob/master/temporal/api/enums/v1/task_queue.proto (TaskQueueType) */
const WORKFLOWS = 1;
const ACTIVITIES = 2;
/** What one answer about a queue serves: a list of stuck tenants asks for each of them. */
const FRESH_MS = 3_000;
/** https://github.com/temporalio/api/blob/master/temporal/api/enums/v1/deployment.proto */
const VERSIONED = 2;
const DRAINED = 5;

/** One build of a deployment, as Temporal's queries name it: `DEPLOYMENT:BUILD`. */
export type BuildName = string;

/** The builds that the workers of a queue are of. Nothing in place of a name: those that are of none. */
export interface QueueBuilds {
  /** Gets what is new. */
  readonly current: BuildName | undefined;
  /** Gets a part of it. */
  readonly ramping: BuildName | undefined;
  /** Those whose workers take tasks from the queue now. */
  readonly alive: Alive;
}

/** Those of the queue of the workflows. */
export interface Builds extends QueueBuilds {
  /** All that may have open runs. */
  readonly known: readonly BuildName[];
}

type Version = { deploymentName?: string | null; buildId?: string | null } | null | undefined;

export const buildNameOf = (version: Version): BuildName | undefined =>
  version?.deploymentName ? `${version.deploymentName}:${version.buildId ?? ''}` : undefined;

/** The reverse: the name of a deployment has no colon. */
export function versionOf(build: BuildName): { deploymentName: string; buildId: string } {
  const at = build.indexOf(':');
  return { deploymentName: build.slice(0, at), buildId: build.slice(at + 1) };
}

type Alive = ReadonlySet<BuildName | undefined>;
const lately = new WeakMap<Client, Map<string, { at: number; alive: Promise<Alive> }>>();

/**
 * The builds whose workers take tasks of a kind from a queue, as they were within the last seconds: one call.
 * @param aliveMs within this time a worker that is there polls again
 * @throws Error when Temporal doesn't answer
 */
export function readAlive(
  client: Client,
  { taskQueue, tasks }: { taskQueue: string; tasks: 'workflows' | 'activities' },
  aliveMs = ALIVE_MS,
): Promise<Alive> {
  const known = lately.get(client) ?? new Map<string, { at: number; alive: Promise<Alive> }>();
  lately.set(client, known);
  const key = `${tasks} ${aliveMs} ${taskQueue}`;
  const last = known.get(key);
  if (last !== undefined && Date.now() - last.at < FRESH_MS) return last.alive;
  const alive = askForAlive(client, taskQueue, tasks === 'workflows' ? WORKFLOWS : ACTIVITIES, aliveMs);
  known.set(key, { at: Date.now(), alive });
  // What failed says nothing to those who ask next.
  alive.catch(() => known.delete(key));
  return alive;
}

const askForAlive = async (client: Client, taskQueue: string, type: number, aliveMs: number): Promise<Alive> =>
  (await readQueue(client, taskQueue, type, aliveMs)).alive;

async function readQueue(
  { workflowService, options: { namespace } }: Client,
  name: string,
  taskQueueType: number,
  aliveMs: number,
): Promise<QueueBuilds> {
  const { pollers, versioningInfo } = await workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name },
    taskQueueType,
  });
  const { currentDeploymentVersion: current, rampingDeploymentVersion: ramping } = versioningInfo ?? {};
  return {
    current: buildNameOf(current),
    ramping: buildNameOf(ramping),
    alive: new Set(versionsAt(pollers, aliveMs).map(buildNameOf)),
  };
}

/** The version of each worker that has polled lately. */
const versionsAt = (pollers: Pollers, aliveMs: number) =>
  (pollers ?? [])
    .filter(({ lastAccessTime }) => tsToMs(lastAccessTime) > Date.now() - aliveMs)
    .map(({ deploymentOptions: it }) => (it?.workerVersioningMode === VERSIONED ? it : undefined));

type Pollers = Awaited<ReturnType<Client['workflowService']['describeTaskQueue']>>['pollers'];

/**
 * Reads which builds there are at the queue of the workflows.
 * @param aliveMs within this time a worker that is there polls again
 * @throws Error when Temporal doesn't answer
 */
export async function readBuilds(client: Client, taskQueue: string, aliveMs = ALIVE_MS): Promise<Builds> {
  const { workflowService, options } = client;
  const queue = await readQueue(client, taskQueue, WORKFLOWS, aliveMs);
  const named = [queue.current, queue.ramping, ...queue.alive].filter((it) => it !== undefined);
  const deployments = new Set(named.map((it) => versionOf(it).deploymentName));
  const summaries = await Promise.all(
    [...deployments].map((deploymentName) =>
      workflowService.describeWorkerDeployment({ namespace: options.namespace, deploymentName }),
    ),
  );
  return {
    ...queue,
    known: summaries
      .flatMap(({ workerDeploymentInfo }) => workerDeploymentInfo?.versionSummaries ?? [])
      .filter(({ status }) => status !== DRAINED)
      .flatMap(({ deploymentVersion }) => buildNameOf(deploymentVersion) ?? []),
  };
}

/**
 * The same of each queue that workers take steps from: the builds which get its tasks, and those which take them.
 * @throws Error when Temporal doesn't answer
 */
export const readStepQueues = (
  client: Client,
  taskQueues: readonly string[],
  aliveMs = ALIVE_MS,
): Promise<(QueueBuilds & { taskQueue: string })[]> =>
  Promise.all(
    taskQueues.map(async (taskQueue) => ({ taskQueue, ...(await readQueue(client, taskQueue, ACTIVITIES, aliveMs)) })),
  );

/** The open runs that only workers of this build carry on. Others go on with any build. */
const runsOf = (build: BuildName): string =>
  `TemporalWorkerDeploymentVersion = '${build}' AND TemporalWorkflowVersioningBehavior = 'Pinned' AND ExecutionStatus = 'Running'`;

/** How many open runs belong to a build. */
export const countRunsOf = async ({ workflow }: Client, build: BuildName): Promise<number> =>
  (await workflow.count(runsOf(build))).count;
