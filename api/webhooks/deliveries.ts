import type { DeliveryAttempt, DeliveryBody, DeliveryQuery } from '@freeflow/contract/http';
import { Prisma, type PrismaClient, type WebhookDelivery } from '@freeflow/db-master';
import { cursorAfter, decodeCursor, timePlace } from '../tenants/cursor';
import { webhookNotFound } from './view';

/** One page of a webhook's deliveries, newest first. @throws Problem `webhook-unknown`, `request-invalid` */
export async function readDeliveries(
  db: PrismaClient,
  webhookId: string,
  { state, limit, cursor }: DeliveryQuery,
): Promise<{ items: DeliveryBody[]; nextCursor: string | null }> {
  if ((await db.webhook.count({ where: { id: webhookId, deletedAt: null } })) === 0) throw webhookNotFound(webhookId);
  const place = cursor === undefined ? undefined : decodeCursor(timePlace, cursor);
  const rows = await db.$queryRaw<WebhookDelivery[]>`
    SELECT * FROM "WebhookDelivery" d WHERE d."webhookId" = ${webhookId}::uuid
       ${state === undefined ? Prisma.empty : Prisma.sql`AND d.state = ${state}`}
       ${place === undefined ? Prisma.empty : Prisma.sql`AND (d."createdAt", d.id) < (${place[0]}::timestamptz, ${place[1]}::uuid)`}
     ORDER BY d."createdAt" DESC, d.id DESC LIMIT ${limit + 1}`;
  return {
    items: rows.slice(0, limit).map(viewDelivery),
    nextCursor: cursorAfter(rows, limit, ({ createdAt }) => createdAt),
  };
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
});
