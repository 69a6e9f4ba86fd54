import type { DeliveryInput } from '@freeflow/contract';
import {
  addSkipped,
  isMeantFor,
  lockWebhook,
  Prisma,
  type LockedWebhook,
  type PrismaClient,
} from '@freeflow/db-master';
import { FAILURES_OF_DOWN } from './health';
import { takeUp } from './take-up';

/** Events that become deliveries at a time. */
const PAGE = 500;
/** A webhook that somebody holds for longer is left to the next look: the others wait for this one. */
const LOCKED_WITHIN_MS = 1_000;
/** How many are looked at by one sweep. */
const OVERDUE_PAGE = 200;

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
    const webhook = await lockWebhook(tx, webhookId, LOCKED_WITHIN_MS);
    if (webhook === undefined) return { begun: [], hasMore: false };
    const hasMore = webhook.state === 'enabled' && (await makeDeliveries(tx, webhook));
    return { begun: await takeUp(tx, webhook), hasMore };
  });

/** Webhooks that have something to hand out. */
export const findBusyWebhooks = async (db: PrismaClient): Promise<string[]> =>
  (
    await db.$queryRaw<{ id: string }[]>`
      SELECT w.id FROM "Webhook" w
       WHERE w.state = 'enabled' AND (w."cursor" < (SELECT max(id) FROM "Event")
               OR EXISTS (SELECT FROM "WebhookDelivery" d WHERE d."webhookId" = w.id AND d."isHead" AND d.state = 'waiting')
               OR EXISTS (SELECT FROM "WebhookDelivery" r WHERE r."webhookId" = w.id AND r.state = 'retrying' AND r."nextAttemptAt" <= now())
               OR w."failingSince" IS NOT NULL AND w.failures >= ${FAILURES_OF_DOWN})
          OR EXISTS (SELECT FROM "WebhookDelivery" p WHERE p."webhookId" = w.id AND p."isHead" AND p.state = 'waiting' AND p."eventId" IS NULL)`
  ).map(({ id }) => id);

/** Takes deliveries whose run may be lost: those that should have ended by now. Each is looked at again later. */
export const takeOverdue = (db: PrismaClient): Promise<DeliveryInput[]> =>
  db.$queryRaw<DeliveryInput[]>`
    UPDATE "WebhookDelivery" SET "checkAt" = now() + interval '1 minute'
     WHERE id IN (SELECT id FROM "WebhookDelivery" WHERE state = 'sending' AND "checkAt" < now()
                   ORDER BY "checkAt" LIMIT ${OVERDUE_PAGE} FOR UPDATE SKIP LOCKED)
    RETURNING id AS "deliveryId", round`;

/** @returns whether there are more */
async function makeDeliveries(tx: Prisma.TransactionClient, webhook: LockedWebhook): Promise<boolean> {
  const { id, cursor, eventTypes } = webhook;
  // First where the page ends: a later statement may see more than an earlier one.
  const [page] = await tx.$queryRaw<[{ upTo: bigint | null; count: number; oldest: bigint | null }]>`
    SELECT max(id) AS "upTo", count(*)::int AS count, (SELECT min(id) FROM "Event") AS oldest
      FROM (SELECT id FROM "Event" WHERE id > ${cursor} ORDER BY id LIMIT ${PAGE}) page`;
  if (page.upTo === null) return false;
  await tx.$executeRaw`
    INSERT INTO "WebhookDelivery" ("webhookId", "eventId", "type", "eventAt", "tenantId", "tenantName", "lane", "isHead")
    SELECT ${id}::uuid, e.id, e.type, e."at", e."tenantId", e."tenantName", e.lane,
           row_number() OVER (PARTITION BY e.lane ORDER BY e.id) = 1
             AND NOT EXISTS (SELECT FROM "WebhookDelivery" h WHERE h."webhookId" = ${id}::uuid AND h.lane = e.lane AND h."isHead")
      FROM (SELECT *, coalesce("tenantId", (data ->> 'webhookId')::uuid, (data ->> 'upgradeId')::uuid) AS lane FROM "Event" ev
             WHERE id > ${cursor} AND id <= ${page.upTo}
               AND ${isMeantFor(Prisma.sql`${id}::uuid`, Prisma.sql`${eventTypes}::text[]`)}) e
     ORDER BY e.id
    ON CONFLICT ("webhookId", "eventId") DO NOTHING`;
  // What was kept no longer before it became a delivery is missed: counted, at most.
  await tx.$executeRaw`
    UPDATE "Webhook" SET "cursor" = ${page.upTo}, ${addSkipped(Prisma.sql`${page.oldest}::bigint - 1 - "cursor"`)}
     WHERE id = ${id}::uuid`;
  return page.count === PAGE;
}
