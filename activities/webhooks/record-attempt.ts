import { SHOWN_ATTEMPTS, type DeliveryInput, type DeliveryProgress } from '@freeflow/contract';
import type { DeliveryAttempt } from '@freeflow/contract/http';
import { disableWebhook, lockWebhook, promoteNext, type LockedWebhook, type Prisma } from '@freeflow/db-master';
import type { DeliveryDependencies } from './attempt';
import { decideNext, type Attempted, type NextMove } from './next-move';

/** A run that should have made its next attempt so long ago may be lost, in ms. */
const OVERDUE_MS = 60_000;

interface OpenDelivery {
  id: string;
  lane: string;
  eventId: bigint | null;
  attempt: number;
  firstFailedAt: Date | null;
}

type Given = Attempted & { isFinal?: true };

/**
 * Records an attempt and what follows from it, under the lock of the webhook, with the next of the lane where this one
 * has ended. An attempt of another round than the delivery's changes nothing.
 */
export const recordAttempt = (
  { db, pausesMs }: Pick<DeliveryDependencies, 'db' | 'pausesMs'>,
  { deliveryId, round, webhookId }: DeliveryInput & { webhookId: string },
  attempted: Given,
  startedAt: Date,
): Promise<DeliveryProgress> =>
  db.$transaction(async (tx) => {
    const webhook = await lockWebhook(tx, webhookId);
    const delivery = await findOpen(tx, deliveryId, round);
    if (webhook === undefined || delivery === undefined) return { outcome: 'superseded' };
    await noteAttempt(tx, deliveryId, attempted, startedAt);
    if (delivery.eventId !== null && attempted.isFinal !== true)
      await noteHealth(tx, webhook, attempted.cause === null);
    const { attempt, firstFailedAt, eventId } = delivery;
    const next: NextMove =
      attempted.isFinal === true
        ? { move: 'failed' }
        : decideNext(
            attempted,
            { isPing: eventId === null, attempt, firstFailedAt, failingSince: webhook.failingSince },
            pausesMs,
            Math.random(),
          );
    return carryOut(tx, webhook, delivery, next);
  });

async function findOpen(tx: Prisma.TransactionClient, id: string, round: number): Promise<OpenDelivery | undefined> {
  const [delivery] = await tx.$queryRaw<OpenDelivery[]>`
    SELECT id, lane, "eventId", attempt, "firstFailedAt" FROM "WebhookDelivery"
     WHERE id = ${id}::uuid AND round = ${round} AND state IN ('sending', 'retrying')`;
  return delivery;
}

/** The last ones are kept. */
async function noteAttempt(
  tx: Prisma.TransactionClient,
  id: string,
  { status, cause }: Given,
  startedAt: Date,
): Promise<void> {
  const durationMs = Math.max(0, Date.now() - startedAt.getTime());
  const attempt: DeliveryAttempt = { at: startedAt.toISOString(), durationMs, status, cause };
  await tx.$executeRaw`
    UPDATE "WebhookDelivery"
       SET attempts = CASE WHEN jsonb_array_length(attempts) < ${SHOWN_ATTEMPTS} THEN attempts ELSE attempts - 0 END || ${JSON.stringify(attempt)}::jsonb
     WHERE id = ${id}::uuid`;
}

/** Written where it changes alone. */
async function noteHealth(
  tx: Prisma.TransactionClient,
  { id, failingSince }: LockedWebhook,
  isDelivered: boolean,
): Promise<void> {
  if (isDelivered === (failingSince === null)) return;
  if (isDelivered) await tx.$executeRaw`UPDATE "Webhook" SET "failingSince" = NULL WHERE id = ${id}::uuid`;
  else
    await tx.$executeRaw`UPDATE "Webhook" SET "failingSince" = now() WHERE id = ${id}::uuid AND "failingSince" IS NULL`;
}

async function carryOut(
  tx: Prisma.TransactionClient,
  webhook: LockedWebhook,
  { id, lane }: OpenDelivery,
  next: NextMove,
): Promise<DeliveryProgress> {
  switch (next.move) {
    case 'retry':
      await tx.$executeRaw`
        UPDATE "WebhookDelivery"
           SET state = 'retrying', attempt = attempt + 1, "firstFailedAt" = coalesce("firstFailedAt", now()),
               "nextAttemptAt" = now() + ${next.pauseMs} * interval '1 millisecond',
               "checkAt" = now() + ${next.pauseMs + OVERDUE_MS} * interval '1 millisecond'
         WHERE id = ${id}::uuid`;
      return { outcome: 'retry', pauseMs: next.pauseMs };
    case 'disable':
      await disableWebhook(tx, webhook.id, next.reason, null);
      return { outcome: 'disabled' };
    case 'delivered':
    case 'failed':
      await tx.$executeRaw`
        UPDATE "WebhookDelivery"
           SET state = ${next.move}, "isHead" = false, "endedAt" = now(), "nextAttemptAt" = NULL, "checkAt" = NULL
         WHERE id = ${id}::uuid`;
      await promoteNext(tx, webhook.id, [lane]);
      return { outcome: next.move };
  }
}
