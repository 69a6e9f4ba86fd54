import type { Reconciliation } from '@freeflow/contract';
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';

const activities = proxyActivities<Pick<Activities, 'reconcile'>>({
  // It ends by itself after twenty minutes, with what it has.
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '10 seconds',
  // A server that doesn't answer is in the report; what is left is the master database, which may be away for a while,
  // and its turn: one at a time.
  scheduleToCloseTimeout: '6 hours',
  retry: { maximumInterval: '10 seconds' },
  summary: 'compare master database, ledger and servers',
});

/** Runs on a schedule and on request: reports what differs from the ledger. Never drops anything. */
export async function reconcile({ requestedBy, fix }: Reconciliation): Promise<string> {
  return activities.reconcile({ requestedBy, fix });
}
