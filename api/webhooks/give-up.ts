import type { DeliveryBody } from '@freeflow/contract/http';
import { promoteNext, recordAudit, type Prisma, type PrismaClient } from '@freeflow/db-master';
import { doOnce } from '../do-once';
import { Problem } from '../errors';
import { fingerprint, type Caller } from '../tenants/idempotency';
import { findDelivery, viewDelivery } from './deliveries';
import { lockKnownWebhook } from './view';

interface DeliveryPlace {
  id: string;
  deliveryId: string;
}

/**
 * Gives up what its receiver will never take: the next one of its tenant goes. Also while the webhook is disabled. What
 * has been given up already stays as it is.
 * @throws Problem `webhook-unknown` | `delivery-unknown` | `delivery-in-progress` | `delivery-arrived` |
 * `idempotency-key-reused`
 */
export function giveUp(db: PrismaClient, place: DeliveryPlace, caller: Caller): Promise<DeliveryBody> {
  const action = 'webhooks.give-up';
  const bodyHash = fingerprint(action, place);
  return doOnce(db, caller, { action, bodyHash }, (commit) => commit((tx) => giveUpLocked(tx, place, caller)));
}

async function giveUpLocked(
  tx: Prisma.TransactionClient,
  { id, deliveryId }: DeliveryPlace,
  { principal, audit }: Caller,
): Promise<DeliveryBody> {
  const webhook = await lockKnownWebhook(tx, id);
  const { state, lane } = await findDelivery(tx, id, deliveryId);
  // Its request may be on the wire: whether it arrives is known within a minute.
  if (state === 'sending') throw new Problem('delivery-in-progress', 'An attempt is under way.');
  if (state === 'delivered') throw new Problem('delivery-arrived', 'Its receiver has taken it.');
  if (state !== 'failed') {
    await tx.$executeRaw`
      UPDATE "WebhookDelivery"
         SET state = 'failed', "givenUpBy" = ${principal}, "isHead" = false, "nextAttemptAt" = NULL, "endedAt" = clock_timestamp()
       WHERE id = ${deliveryId}::uuid`;
    await promoteNext(tx, id, [lane]);
  }
  await recordAudit(tx, [audit.accepted({ detail: { webhookId: id, url: webhook.url, deliveryId } }, 200)]);
  return viewDelivery(await findDelivery(tx, id, deliveryId));
}
