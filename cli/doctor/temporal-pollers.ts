import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time';
import { fail, type Finding, ok } from '../../backends/doctor/check';

/** The task types that workers poll a queue for, in Temporal's numbers. */
export const QUEUE_TYPES = {
  workflows: { title: 'workflows', number: 1 },
  activities: { title: 'activities', number: 2 },
} as const;
type QueueType = (typeof QUEUE_TYPES)[keyof typeof QUEUE_TYPES];

/** An idle worker polls again every minute; Temporal remembers pollers for five minutes. */
const ALIVE_MS = 90_000;

/** Checks that workers poll a queue for tasks of each of these types. */
export async function checkPollers(client: Client, queue: string, types: readonly QueueType[]): Promise<Finding> {
  const counts = await Promise.all(types.map(async (type) => ({ ...type, ...(await pollersOf(client, queue, type)) })));
  const idle = counts.filter(({ alive }) => alive === 0);
  if (idle.length === 0) return ok(`${Math.max(...counts.map(({ alive }) => alive))} on queue ${queue}`);
  const since = idle.map(
    ({ title, lastMs }) =>
      `${title}${lastMs === undefined ? '' : ` (the last one ${Math.round((Date.now() - lastMs) / 1_000)} s ago)`}`,
  );
  return fail(
    `no worker polls queue ${queue} for ${since.join(' and ')}`,
    'Start a worker, and check its TASK_QUEUE and TEMPORAL_NAMESPACE.',
  );
}

async function pollersOf(
  { workflowService, options: { namespace } }: Client,
  name: string,
  { number }: QueueType,
): Promise<{ alive: number; lastMs: number | undefined }> {
  const { pollers: found } = await workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name },
    taskQueueType: number,
  });
  const times = (found ?? []).map(({ lastAccessTime }) => tsToMs(lastAccessTime));
  return {
    alive: times.filter((it) => it > Date.now() - ALIVE_MS).length,
    lastMs: times.length === 0 ? undefined : Math.max(...times),
  };
}
