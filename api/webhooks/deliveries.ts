import type { DeliveryAttempt, DeliveryBody, DeliveryQuery } from '@freeflow/contract/http';
import { Prisma, type PrismaClient, type WebhookDelivery } from '@freeflow/db-master';
import { Problem } from '../errors';
import { cursorAfter, decodeCursor, deliveryPlace } from '../tenants/cursor';
import { webhookNotFound } from './view';

/** One page of a webhook's deliveries, newest first. @throws Problem `webhook-unknown`, `request-invalid` */
export async function readDeliveries(
  db: PrismaClient,
  webhookId: string,
  { state, limit, cursor }: DeliveryQuery,
): Promise<{ items: DeliveryBody[]; nextCursor: string | null }> {
  await assertWebhook(db, webhookId);
  const place = cursor === undefined ? undefined : decodeCursor(deliveryPlace, cursor);
  const rows = await db.$queryRaw<WebhookDelivery[]>`
    SELECT * FROM "WebhookDelivery" d WHERE d."webhookId" = ${webhookId}::uuid
       ${state === undefined ? Prisma.empty : Prisma.sql`AND d.state = ${state}`}
       ${place === undefined ? Prisma.empty : Prisma.sql`AND (d."createdAt", coalesce(d."eventId", 0), d.id) < (${place[0]}::timestamptz, ${place[1]}::bigint, ${place[2]}::uuid)`}
     ORDER BY d."createdAt" DESC, coalesce(d."eventId", 0) DESC, d.id DESC LIMIT ${limit + 1}`;
  return {
    items: rows.slice(0, limit).map(viewDelivery),
    nextCursor: cursorAfter(
      rows,
      limit,
      ({ createdAt }) => createdAt,
      ({ eventId }) => [String(eventId ?? 0)],
    ),
  };
}

/** @throws Problem `webhook-unknown` | `delivery-unknown` */
export async function readDelivery(db: PrismaClient, webhookId: string, deliveryId: string): Promise<DeliveryBody> {
  await assertWebhook(db, webhookId);
  return viewDelivery(await findDelivery(db, webhookId, deliveryId));
}

async function assertWebhook(db: PrismaClient, id: string): Promise<void> {
  if ((await db.webhook.count({ where: { id, deletedAt: null } })) === 0) throw webhookNotFound(id);
}

/** One of this webhook. @throws Problem `delivery-unknown` */
export async function findDelivery(
  db: Pick<Prisma.TransactionClient, 'webhookDelivery'>,
  webhookId: string,
  id: string,
): Promise<WebhookDelivery> {
  const delivery = await db.webhookDelivery.findUnique({ where: { id } });
  if (delivery?.webhookId !== webhookId) throw new Problem('delivery-unknown', `It has no delivery ${id}.`);
  return delivery;
}

/** A delivery as the API shows it. */
export const viewDelivery = (row: WebhookDelivery): DeliveryBody => ({
  id: row.id,
  eventId: row.eventId === null ? null : String(row.eventId),
  type: row.type,
  tenantId: row.tenantId,
  tenantName: row.tenantName,
  state: row.state as DeliveryBody['state'],
  attempts: row.attempts as unknown as DeliveryAttempt[],
  nextAttemptAt: row.nextAttemptAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
  endedAt: row.endedAt?.toISOString() ?? null,
  givenUpBy: row.givenUpBy,
});
