import { backendQueueOf, BACKENDS, type BackendKind } from '@freeflow/contract';
import { proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities';

/** One resource each; what is left after so many is the next run's. */
const MOST_ROUNDS = 50;
/** An absence is believed once the time of unanswered calls is over, some minutes at most. */
const LATER = '30 seconds';

/**
 * Keeps the pool of one backend at its size, one resource at a time and after all other work there. Started by the
 * sweep, where there is something to do; ends when there is nothing any more, or operations are under way.
 */
export async function keepPool({ backend }: { backend: BackendKind }): Promise<string> {
  const activities = proxyActivities<Pick<Activities, 'keepPool'>>({
    taskQueue: backendQueueOf(workflowInfo().taskQueue, backend),
    startToCloseTimeout: BACKENDS[backend].startToCloseTimeout,
    heartbeatTimeout: '4 seconds',
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    // Some minutes in all, in which the sweeps leave a server that fails alone.
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 8 },
    summary: `keep the pool of ${BACKENDS[backend].title}`,
  });
  for (let rounds = 1; rounds <= MOST_ROUNDS; rounds++) {
    const progress = await activities.keepPool({ backend });
    if (progress === 'done') return `done after ${rounds} round(s)`;
    if (progress === 'later') await sleep(LATER);
  }
  return `not done after ${MOST_ROUNDS} rounds: the next sweep goes on`;
}
