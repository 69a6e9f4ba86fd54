import type { DeliveryInput } from '@freeflow/contract';
import { lockWebhook, type LockedWebhook, type Prisma, type PrismaClient } from '@freeflow/db-master';

/** Events that become deliveries at a time. */
const PAGE = 500;
/** A delivery that was taken up is to have a run within so many seconds. */
const RUN_WITHIN_S = 30;

/** How many of one webhook's deliveries are under way. */
export interface UnderWay {
  /** Between their first attempt and its answer. */
  sending: number;
  /** All that have a run: those that are tried again as well. */
  open: number;
  isFailing: boolean;
}

const MOST_SENDING = 20;
const MOST_OPEN = 200;
/** While a receiver fails, and so many are tried again, one more at a time shows whether it takes any. */
const ENOUGH_FAILING = 20;

/** How many more may be begun. Pure. */
export function roomOf({ sending, open, isFailing }: UnderWay): number {
  const atOnce = isFailing && open >= ENOUGH_FAILING ? 1 : MOST_SENDING;
  return Math.max(0, Math.min(atOnce - sending, MOST_OPEN - open));
}

/** What was taken up, and whether there are more events than were looked at. */
export interface HandedOut {
  begun: DeliveryInput[];
  hasMore: boolean;
}

/**
 * Makes deliveries of the next events, and takes up those that may go: the first of each lane, as many as there is room
 * for. In one transaction, under the lock of the webhook: an event is never passed over, nor handed out twice.
 */
export const handOut = (db: PrismaClient, webhookId: string): Promise<HandedOut> =>
  db.$transaction(async (tx) => {
    const webhook = await lockWebhook(tx, webhookId);
    if (webhook === undefined) return { begun: [], hasMore: false };
    const isEnabled = webhook.state === 'enabled';
    const hasMore = isEnabled && (await makeDeliveries(tx, webhook));
    const room = isEnabled ? roomOf(await countUnderWay(tx, webhook)) : 0;
    return { begun: await takeUp(tx, webhookId, room), hasMore };
  });

/** Webhooks that have something to hand out. */
export const findBusyWebhooks = async (db: PrismaClient): Promise<string[]> =>
  (
    await db.$queryRaw<{ id: string }[]>`
      SELECT w.id FROM "Webhook" w
       WHERE w.state = 'enabled' AND (w."cursor" < (SELECT max(id) FROM "Event")
               OR EXISTS (SELECT FROM "WebhookDelivery" d WHERE d."webhookId" = w.id AND d."isHead" AND d.state = 'waiting'))
          OR EXISTS (SELECT FROM "WebhookDelivery" p WHERE p."webhookId" = w.id AND p."isHead" AND p.state = 'waiting' AND p."eventId" IS NULL)`
  ).map(({ id }) => id);

/** Takes deliveries whose run may be lost: those that should have gone on by now. Each is looked at again later. */
export const takeOverdue = (db: PrismaClient): Promise<DeliveryInput[]> =>
  db.$queryRaw<DeliveryInput[]>`
    UPDATE "WebhookDelivery" SET "checkAt" = now() + interval '1 minute'
     WHERE id IN (SELECT id FROM "WebhookDelivery" WHERE state IN ('sending', 'retrying') AND "checkAt" < now()
                   ORDER BY "checkAt" LIMIT 200 FOR UPDATE SKIP LOCKED)
    RETURNING id AS "deliveryId", round`;

/** @returns whether there are more */
async function makeDeliveries(tx: Prisma.TransactionClient, webhook: LockedWebhook): Promise<boolean> {
  const { id, cursor, eventTypes } = webhook;
  // First where the page ends: a later statement may see more than an earlier one.
  const [page] = await tx.$queryRaw<[{ upTo: bigint | null; count: number }]>`
    SELECT max(id) AS "upTo", count(*)::int AS count
      FROM (SELECT id FROM "Event" WHERE id > ${cursor} ORDER BY id LIMIT ${PAGE}) page`;
  if (page.upTo === null) return false;
  await tx.$executeRaw`
    INSERT INTO "WebhookDelivery" ("webhookId", "eventId", "type", "eventAt", "tenantId", "tenantName", "lane", "isHead")
    SELECT ${id}::uuid, e.id, e.type, e."at", e."tenantId", e."tenantName", e.lane,
           row_number() OVER (PARTITION BY e.lane ORDER BY e.id) = 1
             AND NOT EXISTS (SELECT FROM "WebhookDelivery" h WHERE h."webhookId" = ${id}::uuid AND h.lane = e.lane AND h."isHead")
      FROM (SELECT *, coalesce("tenantId", (data ->> 'webhookId')::uuid) AS lane FROM "Event"
             WHERE id > ${cursor} AND id <= ${page.upTo}
               AND (cardinality(${eventTypes}::text[]) = 0 OR "type" = ANY(${eventTypes}::text[]))) e
     ORDER BY e.id
    ON CONFLICT ("webhookId", "eventId") DO NOTHING`;
  await tx.$executeRaw`UPDATE "Webhook" SET "cursor" = ${page.upTo} WHERE id = ${id}::uuid`;
  return page.count === PAGE;
}

async function countUnderWay(tx: Prisma.TransactionClient, { id, failingSince }: LockedWebhook): Promise<UnderWay> {
  const [counts] = await tx.$queryRaw<[{ sending: number; open: number }]>`
    SELECT count(*) FILTER (WHERE state = 'sending')::int AS sending, count(*)::int AS open
      FROM "WebhookDelivery" WHERE "webhookId" = ${id}::uuid AND state IN ('sending', 'retrying')`;
  return { ...counts, isFailing: failingSince !== null };
}

/** Pings go at any time. */
const takeUp = (tx: Prisma.TransactionClient, webhookId: string, room: number): Promise<DeliveryInput[]> =>
  tx.$queryRaw<DeliveryInput[]>`
    UPDATE "WebhookDelivery" SET state = 'sending', "checkAt" = now() + ${RUN_WITHIN_S} * interval '1 second'
     WHERE id = ANY (ARRAY(
             (SELECT id FROM "WebhookDelivery"
               WHERE "webhookId" = ${webhookId}::uuid AND "isHead" AND state = 'waiting' AND "eventId" IS NOT NULL
               ORDER BY "eventId" LIMIT ${room})
             UNION ALL
             SELECT id FROM "WebhookDelivery"
              WHERE "webhookId" = ${webhookId}::uuid AND "isHead" AND state = 'waiting' AND "eventId" IS NULL))
    RETURNING id AS "deliveryId", round`;
