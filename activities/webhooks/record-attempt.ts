import { SHOWN_ATTEMPTS, type DeliveryInput, type DeliveryProgress } from '@freeflow/contract';
import type { DeliveryAttempt } from '@freeflow/contract/http';
import {
  addSkipped,
  disableWebhook,
  lockWebhook,
  masterNow,
  Prisma,
  promoteNext,
  WAITING_ANEW,
  type LockedWebhook,
} from '@freeflow/db-master';
import type { DeliveryDependencies } from './attempt';
import { calledBackSince, healthAfter, type Health } from './health';
import { decideNext, type NextMove } from './next-move';
import { postpone } from './postpone';

interface OpenDelivery {
  id: string;
  round: number;
  lane: string;
  eventId: bigint | null;
  attempt: number;
  /** Those before this one. */
  attempts: DeliveryAttempt[];
  firstFailedAt: Date | null;
  lastFailedAt: Date | null;
}

/** `isFinal`: there is nothing left to send; `isOurs`: nothing was sent, for a reason of ours. */
export type Given = DeliveryAttempt & { isFinal?: true; isOurs?: true };

/**
 * Records an attempt and what follows from it, under the lock of the webhook, with the next of the lane where this one
 * has ended. An attempt of another round than the delivery's changes nothing.
 */
export const recordAttempt = (
  { db, pausesMs }: Pick<DeliveryDependencies, 'db' | 'pausesMs'>,
  { deliveryId, round, webhookId }: DeliveryInput & { webhookId: string },
  attempted: Given,
): Promise<DeliveryProgress> =>
  db.$transaction(async (tx) => {
    const webhook = await lockWebhook(tx, webhookId);
    const delivery = await findSending(tx, deliveryId, round);
    if (webhook === undefined || delivery === undefined) return { outcome: 'superseded' };
    // Under the lock: the later of two times is that of the attempt which was recorded later.
    const now = await masterNow(tx);
    await noteAttempt(tx, deliveryId, attempted);
    if (attempted.isFinal === true) {
      await countSkipped(tx, webhookId);
      return carryOut(tx, webhook, delivery, { move: 'failed' }, now);
    }
    const isPing = delivery.eventId === null;
    const isEnabled = webhook.state === 'enabled';
    if (attempted.isOurs === true && !isPing)
      return isEnabled ? postpone(tx, delivery, now) : carryOut(tx, webhook, delivery, { move: 'wait' }, now);
    const health = isPing ? webhook : await noteHealth(tx, webhook, attempted.cause === null, now);
    const circumstances = { health, isEnabled, pausesMs, now, random: Math.random() };
    return carryOut(tx, webhook, delivery, decideNext(attempted, { ...delivery, isPing }, circumstances), now);
  });

async function findSending(tx: Prisma.TransactionClient, id: string, round: number): Promise<OpenDelivery | undefined> {
  const [delivery] = await tx.$queryRaw<OpenDelivery[]>`
    SELECT id, round, lane, "eventId", attempt, attempts, "firstFailedAt", "lastFailedAt" FROM "WebhookDelivery"
     WHERE id = ${id}::uuid AND round = ${round} AND state = 'sending'`;
  return delivery;
}

/** Its event went before it could be sent, like those that never became deliveries. */
const countSkipped = (tx: Prisma.TransactionClient, webhookId: string): Prisma.PrismaPromise<number> =>
  tx.$executeRaw`UPDATE "Webhook" SET ${addSkipped(Prisma.sql`1`)} WHERE id = ${webhookId}::uuid`;

/** The last ones are kept. */
async function noteAttempt(
  tx: Prisma.TransactionClient,
  id: string,
  { at, durationMs, status, cause }: Given,
): Promise<void> {
  const attempt: DeliveryAttempt = { at, durationMs, status, cause };
  await tx.$executeRaw`
    UPDATE "WebhookDelivery"
       SET attempts = CASE WHEN jsonb_array_length(attempts) < ${SHOWN_ATTEMPTS} THEN attempts ELSE attempts - 0 END || ${JSON.stringify(attempt)}::jsonb
     WHERE id = ${id}::uuid`;
}

/**
 * Written where it changes alone. What has failed by an outage that is over goes at once, and its pauses begin anew.
 */
async function noteHealth(
  tx: Prisma.TransactionClient,
  webhook: LockedWebhook,
  isDelivered: boolean,
  now: Date,
): Promise<Health> {
  const health = healthAfter(webhook, isDelivered, now);
  if (isDelivered && webhook.failingSince === null) return health;
  await tx.$executeRaw`
    UPDATE "Webhook" SET "failingSince" = ${health.failingSince}, failures = ${health.failures} WHERE id = ${webhook.id}::uuid`;
  const since = isDelivered ? calledBackSince(webhook, now) : undefined;
  if (since !== undefined)
    await tx.$executeRaw`
      UPDATE "WebhookDelivery" SET "nextAttemptAt" = ${now}, attempt = 1
       WHERE "webhookId" = ${webhook.id}::uuid AND state = 'retrying' AND "firstFailedAt" >= ${since} AND "nextAttemptAt" > ${now}`;
  return health;
}

async function carryOut(
  tx: Prisma.TransactionClient,
  webhook: LockedWebhook,
  { id, round, lane }: OpenDelivery,
  next: NextMove,
  now: Date,
): Promise<DeliveryProgress> {
  switch (next.move) {
    case 'retry':
      await tx.$executeRaw`
        UPDATE "WebhookDelivery"
           SET state = 'retrying', attempt = attempt + 1, "firstFailedAt" = coalesce("firstFailedAt", ${now}),
               "lastFailedAt" = ${now}, "nextAttemptAt" = ${new Date(now.getTime() + next.pauseMs)}, "checkAt" = NULL
         WHERE id = ${id}::uuid`;
      return { outcome: 'retry' };
    case 'disable':
      await disableWebhook(tx, webhook.id, next.reason, null);
      await putBack(tx, { deliveryId: id, round });
      return { outcome: 'disabled' };
    case 'wait':
      await putBack(tx, { deliveryId: id, round });
      return { outcome: 'superseded' };
    case 'delivered':
    case 'failed':
      await tx.$executeRaw`
        UPDATE "WebhookDelivery"
           SET state = ${next.move}, "isHead" = false, "endedAt" = ${now}, "checkAt" = NULL
         WHERE id = ${id}::uuid`;
      await promoteNext(tx, webhook.id, [lane]);
      return { outcome: next.move };
  }
}

/** It waits from its beginning on, at the head of its lane. */
export const putBack = (
  db: Pick<Prisma.TransactionClient, '$executeRaw'>,
  { deliveryId, round }: DeliveryInput,
): Prisma.PrismaPromise<number> => db.$executeRaw`
  UPDATE "WebhookDelivery" SET ${WAITING_ANEW} WHERE id = ${deliveryId}::uuid AND round = ${round} AND state = 'sending'`;
