import { BACKEND_KINDS, type BackendKind } from './backends';
import { backendQueueOf } from './runs';
import { webhookQueueOf } from './webhooks';

/** What a worker polls: `workflows` (and the steps in the master database alone), each backend's steps, `webhooks`. */
export type WorkerQueue = 'workflows' | BackendKind | 'webhooks';
export const WORKER_QUEUES: readonly [WorkerQueue, ...WorkerQueue[]] = ['workflows', ...BACKEND_KINDS, 'webhooks'];

/** What Temporal calls it. */
export function queueNameOf(taskQueue: string, queue: WorkerQueue): string {
  if (queue === 'workflows') return taskQueue;
  return queue === 'webhooks' ? webhookQueueOf(taskQueue) : backendQueueOf(taskQueue, queue);
}
