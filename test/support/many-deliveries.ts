import { randomUUID } from 'node:crypto';
import type { ClientBase } from 'pg';

/** Of the newest so many each wait as the head of a lane. */
const WAITING = 50;

/** A webhook with so many deliveries, all but the newest delivered or given up, each of an event of its own tenant. */
export async function fillWithDeliveries(owner: ClientBase, count: number): Promise<string> {
  const id = randomUUID();
  await owner.query(
    `INSERT INTO "Webhook" (id, url, "eventTypes", "createdBy", "cursor") VALUES ($1, 'https://example.com/', '{}', 'test', 0)`,
    [id],
  );
  await owner.query(
    `INSERT INTO "Event" (type, "tenantId", "tenantName", data, "at")
     SELECT 'tenant.gone', gen_random_uuid(), 'acme', '{}', now() - (($1 - n) * interval '1 minute') FROM generate_series(1, $1::int) n`,
    [count],
  );
  await owner.query(
    `INSERT INTO "WebhookDelivery" ("webhookId", "eventId", type, "eventAt", "tenantId", "tenantName", lane, "isHead", state, "createdAt", "endedAt")
     SELECT $1, e.id, e.type, e."at", e."tenantId", e."tenantName", e."tenantId", e.place <= $2,
            CASE WHEN e.place <= $2 THEN 'waiting' WHEN e.place % 100 = 0 THEN 'failed' ELSE 'delivered' END, e."at",
            CASE WHEN e.place > $2 THEN e."at" END
       FROM (SELECT *, row_number() OVER (ORDER BY id DESC) AS place FROM "Event" WHERE type = 'tenant.gone') e`,
    [id, WAITING],
  );
  await owner.query(`UPDATE "Webhook" SET "cursor" = (SELECT max(id) FROM "Event") WHERE id = $1`, [id]);
  await owner.query('ANALYZE "Event", "WebhookDelivery", "Webhook"');
  return id;
}
