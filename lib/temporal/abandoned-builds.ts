import { BACKEND_KINDS, queueNameOf } from '@freeflow/contract';
import type { Client } from '@temporalio/client';
import { countRunsOf, readAlive, versionOf, type BuildName, type Builds } from './builds';

/** A build with open runs, and the queues at which nobody takes what these have to do. */
export interface AbandonedBuild {
  build: BuildName;
  runs: number;
  /** By their names at Temporal. */
  queues: readonly string[];
}

/**
 * The queues that a run which stays with its build needs besides that of the workflows, whose workers take the steps
 * there too. Deliveries to webhooks, which have one as well, go on with any build.
 */
const stepQueuesOfRuns = (taskQueue: string): string[] => BACKEND_KINDS.map((it) => queueNameOf(taskQueue, it));

/**
 * The builds that have open runs, and no workers at some queue that theirs have polled before. A build that lacks only
 * those of a backend still takes all workflow tasks: its runs look alive, and their steps there wait for ever.
 * @throws Error when Temporal doesn't answer
 */
export async function findAbandonedBuilds(
  client: Client,
  taskQueue: string,
  { known, alive }: Builds,
  aliveMs?: number,
): Promise<AbandonedBuild[]> {
  const found = await Promise.all(
    known.map(async (build) => {
      const left = await queuesLeftBy(client, taskQueue, build, aliveMs);
      const queues = alive.has(build) ? left : [taskQueue, ...left];
      return { build, queues, runs: queues.length === 0 ? 0 : await countRunsOf(client, build) };
    }),
  );
  return found.filter(({ runs }) => runs > 0);
}

/** Those that its workers took steps from and do no longer; what they never did, other workers do. */
async function queuesLeftBy(
  client: Client,
  taskQueue: string,
  build: BuildName,
  aliveMs: number | undefined,
): Promise<string[]> {
  const {
    workflowService,
    options: { namespace },
  } = client;
  const { versionTaskQueues } = await workflowService.describeWorkerDeploymentVersion({
    namespace,
    deploymentVersion: versionOf(build),
  });
  const polled = new Set((versionTaskQueues ?? []).map(({ name }) => name));
  const asked = stepQueuesOfRuns(taskQueue).filter((it) => polled.has(it));
  const states = await Promise.all(
    asked.map(async (it) => ({
      it,
      alive: await readAlive(client, { taskQueue: it, tasks: 'activities' }, aliveMs),
    })),
  );
  return states.filter(({ alive }) => !alive.has(build)).map(({ it }) => it);
}
