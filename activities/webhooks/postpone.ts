import type { DeliveryProgress } from '@freeflow/contract';
import type { Prisma } from '@freeflow/db-master';

/** So long until it is looked again whether it can be sent by now, in ms. */
const PAUSE_MS = 600_000;

/** Nothing was sent, for a reason of ours: that uses up no attempt, and says nothing of the receiver. */
export async function postpone(tx: Prisma.TransactionClient, id: string, now: Date): Promise<DeliveryProgress> {
  await tx.$executeRaw`
    UPDATE "WebhookDelivery" SET state = 'retrying', "nextAttemptAt" = ${new Date(now.getTime() + PAUSE_MS)}, "checkAt" = NULL
     WHERE id = ${id}::uuid`;
  return { outcome: 'retry' };
}
