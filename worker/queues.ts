import { queueNameOf, type WorkerQueue } from '@freeflow/contract';
import type { WorkerOptions } from '@temporalio/worker';
import { concurrencyOf } from '../backends/registry';
import { builtBundlePath } from './built-workflows';
import type { WorkerConfig } from './config';

/** Each of them waits for its receiver, most of the time. */
const WEBHOOK_ATTEMPTS_AT_ONCE = 40;

/** The queues that a worker of this configuration polls: at least one. */
export const polledQueues = ({ WORKER_QUEUES, WEBHOOK_SENDING }: WorkerConfig): WorkerQueue[] =>
  [...new Set(WORKER_QUEUES)].filter((it) => it !== 'webhooks' || WEBHOOK_SENDING === 'on');

/** What is particular to the worker of one queue: a slow one holds the slots of no other. */
export function optionsOf(queue: WorkerQueue, config: WorkerConfig): WorkerOptions {
  const taskQueue = queueNameOf(config.TASK_QUEUE, queue);
  if (queue === 'webhooks') return { taskQueue, maxConcurrentActivityTaskExecutions: WEBHOOK_ATTEMPTS_AT_ONCE };
  if (queue !== 'workflows') return { taskQueue, maxConcurrentActivityTaskExecutions: concurrencyOf(queue, config) };
  return {
    taskQueue,
    workflowBundle: { codePath: builtBundlePath(config.TEMPORAL_WORKER_DEPLOYMENT !== undefined) },
    // A killed worker's runs are picked up by another one after this time.
    stickyQueueScheduleToStartTimeout: '1 second',
    maxConcurrentActivityTaskExecutions: 40,
  };
}
