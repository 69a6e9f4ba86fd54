import { webhookQueueOf, type DeliveryInput } from '@freeflow/contract';
import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities';

/**
 * Sends one event to one webhook, once, and sees to it that what came of it is recorded. Started when it is its turn,
 * so that the events of a tenant arrive in their order; what is to be tried again is started again. It knows ids alone.
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
  return (await attemptDelivery(delivery)).outcome;
}
