import type { DeliveryProgress } from '@freeflow/contract';
import type { DeliveryAttempt } from '@freeflow/contract/http';
import type { Prisma } from '@freeflow/db-master';

/** What the cause of an attempt begins with where nothing was sent, since this worker can't open the secret. */
export const UNOPENED = 'its secret can not be opened';

/** While keys are changed another worker has the key, or this one soon. */
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 600_000;

interface Postponed {
  id: string;
  /** Those before this one. */
  attempts: readonly Pick<DeliveryAttempt, 'cause'>[];
}

/** Nothing was sent, for a reason of ours: that uses up no attempt, and says nothing of the receiver. */
export async function postpone(
  tx: Prisma.TransactionClient,
  { id, attempts }: Postponed,
  now: Date,
): Promise<DeliveryProgress> {
  await tx.$executeRaw`
    UPDATE "WebhookDelivery" SET state = 'retrying', "nextAttemptAt" = ${new Date(now.getTime() + pauseMsAfter(attempts))}, "checkAt" = NULL
     WHERE id = ${id}::uuid`;
  return { outcome: 'retry' };
}

/** So long until it is looked again whether it can be sent by now: twice as long each time in a row. Pure. */
export function pauseMsAfter(attempts: Postponed['attempts']): number {
  const lastOther = attempts.findLastIndex(({ cause }) => cause?.startsWith(UNOPENED) !== true);
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts.length - 1 - lastOther));
}
