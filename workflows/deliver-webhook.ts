import { webhookQueueOf, type DeliveryInput } from '@freeflow/contract';
import { proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities';

/**
 * Delivers one event to one webhook: attempts, and the pauses between them, until it has arrived or is given up. Started
 * when it is its turn, so that the events of a tenant arrive in their order. It knows ids alone.
 */
export async function deliverWebhook(delivery: DeliveryInput): Promise<string> {
  const { attemptDelivery } = proxyActivities<Pick<Activities, 'attemptDelivery'>>({
    taskQueue: webhookQueueOf(workflowInfo().taskQueue),
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: '10 seconds',
    // What fails here is the master database: a receiver that fails is an outcome.
    retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
    summary: 'send to the receiver',
  });
  for (;;) {
    const { outcome, pauseMs } = await attemptDelivery(delivery);
    if (pauseMs === undefined) return outcome;
    await sleep(pauseMs);
  }
}
