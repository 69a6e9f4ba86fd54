import { queueNameOf, WORKER_QUEUES } from '@freeflow/contract';
import {
  countRunsOf,
  findAbandonedBuilds,
  readBuilds,
  readStepQueues,
  type AbandonedBuild,
  type BuildName,
  type QueueBuilds,
} from '@freeflow/lib/temporal';
import type { Client } from '@temporalio/client';
import { fail, type Finding, ok } from '../../backends/doctor/check';

/**
 * Checks that the build which gets the runs has workers at each queue, and that no run belongs to one that has none.
 * @param aliveMs within this time a worker that is there polls again
 */
export async function checkBuilds(client: Client, taskQueue: string, aliveMs?: number): Promise<Finding> {
  const builds = await readBuilds(client, taskQueue, aliveMs);
  const queues = WORKER_QUEUES.filter((it) => it !== 'workflows').map((it) => queueNameOf(taskQueue, it));
  const steps = await readStepQueues(client, queues, aliveMs);
  const unserved = [{ taskQueue, ...builds }, ...steps].find(isUnserved);
  if (unserved !== undefined) return unservedFault(unserved);
  const abandoned = await findAbandonedBuilds(client, taskQueue, builds, aliveMs);
  if (abandoned.length > 0)
    return fail(
      abandoned.map((it) => sentenceOf(it, taskQueue)).join('; '),
      'Start its workers again, or end these runs: docs/upgrade.md, "Roll back".',
    );
  const { current, ramping, known } = builds;
  if (current === undefined && known.length === 0) return ok('workers are of no version');
  const others = await Promise.all(
    known.flatMap((it) => (it === current ? [] : [countRunsOf(client, it).then((runs) => `${it} has ${runs} runs`)])),
  );
  const what = [`current is ${titleOf(current)}`, ...(ramping === undefined ? [] : [`ramping ${ramping}`]), ...others];
  return ok(what.join(', '));
}

type NamedQueue = QueueBuilds & { taskQueue: string };

/** A queue that nobody polls at all is what the checks of workers tell. */
const isUnserved = ({ current, alive }: NamedQueue): boolean => alive.size > 0 && !alive.has(current);

function unservedFault({ taskQueue, current, alive }: NamedQueue): Finding {
  const [other] = [...alive].filter((it) => it !== undefined);
  return fail(
    `${titleOf(current)} get what is to be done, and none polls queue ${taskQueue}; there are those of ${[...alive].map(titleOf).join(', ')}`,
    `Start workers of that version, or promote another one: ${promotionOf(other)}`,
  );
}

/** Without workers for its workflows a build counts as gone, whoever is left at its backends. */
const sentenceOf = ({ build, runs, queues }: AbandonedBuild, taskQueue: string): string =>
  `${runs} runs belong to version ${build}, which has no workers${queues.includes(taskQueue) ? '' : ` at ${queues.join(', ')}`}`;

const titleOf = (build: BuildName | undefined): string =>
  build === undefined ? 'workers without a version' : `workers of version ${build}`;

function promotionOf(build: BuildName | undefined): string {
  const [name, id] =
    build === undefined
      ? ['NAME', '--unversioned']
      : [build.split(':')[0], `--build-id ${build.slice(build.indexOf(':') + 1)}`];
  return `temporal worker deployment set-current-version --deployment-name ${name} ${id}`;
}
