import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { Reconciliation } from './messages';

const activities = proxyActivities<Pick<Activities, 'reconcile'>>({
  // A thousand tenants take some minutes.
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { maximumAttempts: 3 },
  summary: 'compare master database, ledger and servers',
});

/** Run by a schedule, and by whoever asks for it: says what isn't as the ledger says. Never drops anything. */
export async function reconcile({ requestedBy, fix }: Reconciliation): Promise<string> {
  return activities.reconcile({ requestedBy, fix });
}
