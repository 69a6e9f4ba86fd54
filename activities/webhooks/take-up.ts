import type { DeliveryInput } from '@freeflow/contract';
import { masterNow, Prisma, type LockedWebhook } from '@freeflow/db-master';
import { isDown, isProbeDue } from './health';
import { mayRetryEarly, roomForFirsts, roomForPings, roomForRetries, type UnderWay } from './room';

/** A delivery that was taken up is to have its run within so many seconds. */
const RUN_WITHIN_S = 30;

/**
 * Takes up what may go now of a webhook that is locked: what is due again, as far as it leaves room, the first of other
 * lanes, and where the receiver is down now and then one that shows whether it is back. Pings go
 * at any time, a few at once.
 */
export async function takeUp(tx: Prisma.TransactionClient, webhook: LockedWebhook): Promise<DeliveryInput[]> {
  const now = await masterNow(tx);
  const underWay = await countUnderWay(tx, webhook, now);
  const begun = webhook.state === 'enabled' ? await takeUpEvents(tx, webhook, underWay, now) : [];
  const pings = await begin(tx, readyOf(webhook.id, Prisma.sql`"eventId" IS NULL`, roomForPings(underWay)));
  return [...begun, ...pings];
}

async function takeUpEvents(
  tx: Prisma.TransactionClient,
  webhook: LockedWebhook,
  underWay: UnderWay,
  now: Date,
): Promise<DeliveryInput[]> {
  const due = await begin(tx, retriesOf(webhook.id, Prisma.sql`"nextAttemptAt" <= ${now}`, roomForRetries(underWay)));
  const withDue = { ...underWay, retries: underWay.retries + due.length };
  const firsts = await begin(tx, readyOf(webhook.id, Prisma.sql`"eventId" IS NOT NULL`, roomForFirsts(withDue)));
  const withFirsts = { ...withDue, firsts: withDue.firsts + firsts.length };
  const early = mayRetryEarly(withFirsts) ? await begin(tx, retriesOf(webhook.id, Prisma.sql`true`, 1)) : [];
  if (underWay.isDown && firsts.length + early.length > 0)
    await tx.$executeRaw`UPDATE "Webhook" SET "probedAt" = ${now} WHERE id = ${webhook.id}::uuid`;
  return [...due, ...firsts, ...early];
}

async function countUnderWay(tx: Prisma.TransactionClient, webhook: LockedWebhook, now: Date): Promise<UnderWay> {
  const [counts] = await tx.$queryRaw<[Pick<UnderWay, 'firsts' | 'retries' | 'pings'>]>`
    SELECT count(*) FILTER (WHERE "eventId" IS NOT NULL AND attempt = 0)::int AS firsts,
           count(*) FILTER (WHERE "eventId" IS NOT NULL AND attempt > 0)::int AS retries,
           count(*) FILTER (WHERE "eventId" IS NULL)::int AS pings
      FROM "WebhookDelivery" WHERE "webhookId" = ${webhook.id}::uuid AND state = 'sending'`;
  return { ...counts, isDown: isDown(webhook), isProbeDue: isProbeDue(webhook.probedAt, now) };
}

/** In the order of the index that finds them. */
const readyOf = (webhookId: string, condition: Prisma.Sql, most: number): Prisma.Sql => Prisma.sql`
  SELECT id FROM "WebhookDelivery" WHERE "webhookId" = ${webhookId}::uuid AND "isHead" AND state = 'waiting' AND ${condition}
   ORDER BY "eventId" NULLS FIRST LIMIT ${most}`;

const retriesOf = (webhookId: string, condition: Prisma.Sql, most: number): Prisma.Sql => Prisma.sql`
  SELECT id FROM "WebhookDelivery" WHERE "webhookId" = ${webhookId}::uuid AND state = 'retrying' AND ${condition}
   ORDER BY "nextAttemptAt" LIMIT ${most}`;

/** Each time is a new round: what an earlier one has left does nothing any more. */
const begin = (tx: Prisma.TransactionClient, ids: Prisma.Sql): Promise<DeliveryInput[]> => tx.$queryRaw<
  DeliveryInput[]
>`
  UPDATE "WebhookDelivery"
     SET state = 'sending', round = round + 1, "nextAttemptAt" = NULL,
         "checkAt" = clock_timestamp() + ${RUN_WITHIN_S} * interval '1 second'
   WHERE id = ANY (ARRAY(${ids}))
  RETURNING id AS "deliveryId", round`;
