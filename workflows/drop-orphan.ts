import type { OrphanOrder } from '@freeflow/contract';
import { CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';

const activities = proxyActivities<Pick<Activities, 'dropOrphan' | 'endOrphanDrop'>>({
  startToCloseTimeout: '8 minutes',
  heartbeatTimeout: '10 seconds',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  // Some seconds of them: on-call is waiting, and can send the request again.
  retry: { maximumAttempts: 4 },
  summary: 'drop orphaned resource',
});

/** Drops one orphan that a person has named, after looking once more whether it is one. */
export async function dropOrphan(order: OrphanOrder): Promise<string> {
  try {
    return await activities.dropOrphan(order);
  } catch (error) {
    await CancellationScope.nonCancellable(() => activities.endOrphanDrop());
    throw error;
  }
}
