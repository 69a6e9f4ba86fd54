import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time';

/** An idle worker polls again every minute; Temporal remembers pollers for five minutes. */
const ALIVE_MS = 90_000;
/** https://github.com/temporalio/api/blob/master/temporal/api/enums/v1/task_queue.proto (TaskQueueType) */
const WORKFLOWS = 1;
/** https://github.com/temporalio/api/blob/master/temporal/api/enums/v1/deployment.proto */
const VERSIONED = 2;
const DRAINED = 5;

/** One build of a deployment, as Temporal's queries name it: `DEPLOYMENT:BUILD`. */
export type BuildName = string;

/** The builds that the workers of a queue are of. Nothing in place of a name: those that are of none. */
export interface Builds {
  /** Gets new runs. */
  readonly current: BuildName | undefined;
  /** Gets a part of them. */
  readonly ramping: BuildName | undefined;
  /** Those whose workers take workflows from the queue now. */
  readonly alive: ReadonlySet<BuildName | undefined>;
  /** All that may have open runs. */
  readonly known: readonly BuildName[];
}

type Version = { deploymentName?: string | null; buildId?: string | null } | null | undefined;

export const buildNameOf = (version: Version): BuildName | undefined =>
  version?.deploymentName ? `${version.deploymentName}:${version.buildId ?? ''}` : undefined;

/**
 * Reads which builds there are at a queue.
 * @param aliveMs within this time a worker that is there polls again
 * @throws Error when Temporal doesn't answer
 */
export async function readBuilds(
  { workflowService, options: { namespace } }: Client,
  taskQueue: string,
  aliveMs = ALIVE_MS,
): Promise<Builds> {
  const { pollers, versioningInfo } = await workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: WORKFLOWS,
  });
  const alive = (pollers ?? []).filter(({ lastAccessTime }) => tsToMs(lastAccessTime) > Date.now() - aliveMs);
  const versions = alive.map(({ deploymentOptions: it }) => (it?.workerVersioningMode === VERSIONED ? it : undefined));
  const { currentDeploymentVersion: current, rampingDeploymentVersion: ramping } = versioningInfo ?? {};
  const deployments = new Set([current, ramping, ...versions].flatMap((it) => it?.deploymentName || []));
  const summaries = await Promise.all(
    [...deployments].map((deploymentName) => workflowService.describeWorkerDeployment({ namespace, deploymentName })),
  );
  return {
    current: buildNameOf(current),
    ramping: buildNameOf(ramping),
    alive: new Set(versions.map(buildNameOf)),
    known: summaries
      .flatMap(({ workerDeploymentInfo }) => workerDeploymentInfo?.versionSummaries ?? [])
      .filter(({ status }) => status !== DRAINED)
      .flatMap(({ deploymentVersion }) => buildNameOf(deploymentVersion) ?? []),
  };
}

/** The open runs that only workers of this build carry on. Others go on with any build. */
const runsOf = (build: BuildName): string =>
  `TemporalWorkerDeploymentVersion = '${build}' AND TemporalWorkflowVersioningBehavior = 'Pinned' AND ExecutionStatus = 'Running'`;

/** How many open runs belong to a build. */
export const countRunsOf = async ({ workflow }: Client, build: BuildName): Promise<number> =>
  (await workflow.count(runsOf(build))).count;

/**
 * The builds that have open runs and no workers to take them, each with how many runs.
 * @throws Error when Temporal doesn't answer
 */
export async function findAbandonedBuilds(
  client: Client,
  { known, alive }: Builds,
): Promise<{ build: BuildName; runs: number }[]> {
  const dead = known.filter((it) => !alive.has(it));
  const counted = await Promise.all(dead.map(async (build) => ({ build, runs: await countRunsOf(client, build) })));
  return counted.filter(({ runs }) => runs > 0);
}
