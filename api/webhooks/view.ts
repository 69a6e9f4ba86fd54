import type { WebhookBody } from '@freeflow/contract/http';
import {
  isMeantFor,
  lockWebhook,
  Prisma,
  type LockedWebhook,
  type PrismaClient,
  type Webhook,
} from '@freeflow/db-master';
import { Problem } from '../errors';

/** So many of each kind are looked at: deliveries, and of a disabled webhook events that are none yet. */
const MOST_COUNTED = 1_000;

type WebhookRow = Omit<Webhook, 'cursor' | 'deletedAt'> & { undelivered: number; hasMoreUndelivered: boolean };
type Reader = Pick<Prisma.TransactionClient, '$queryRaw'>;

/** All webhooks, oldest first: there are few. */
export const readWebhooks = async (db: PrismaClient): Promise<WebhookBody[]> =>
  (await readRows(db, Prisma.sql`true`)).map(viewWebhook);

/** @throws Problem `webhook-unknown` */
export async function readWebhook(db: Reader, id: string): Promise<WebhookBody> {
  const [row] = await readRows(db, Prisma.sql`w.id = ${id}::uuid`);
  if (row === undefined) throw webhookNotFound(id);
  return viewWebhook(row);
}

/** Locks a webhook that is to be changed, see {@link lockWebhook}. @throws Problem `webhook-unknown` */
export async function lockKnownWebhook(tx: Prisma.TransactionClient, id: string): Promise<LockedWebhook> {
  const webhook = await lockWebhook(tx, id);
  if (webhook === undefined) throw webhookNotFound(id);
  return webhook;
}

export const webhookNotFound = (id: string): Problem => new Problem('webhook-unknown', `No webhook has the id ${id}.`);

const readRows = (db: Reader, condition: Prisma.Sql): Promise<WebhookRow[]> => db.$queryRaw<WebhookRow[]>`
  SELECT w.*, waiting.count + later.count AS undelivered,
         waiting.count = ${MOST_COUNTED} OR later.looked = ${MOST_COUNTED} AS "hasMoreUndelivered"
    FROM "Webhook" w,
         LATERAL (SELECT count(*)::int AS count
                    FROM (SELECT FROM "WebhookDelivery" d WHERE d."webhookId" = w.id AND d."endedAt" IS NULL LIMIT ${MOST_COUNTED}) d) waiting,
         LATERAL (SELECT count(*) FILTER (WHERE ${isMeantFor(Prisma.sql`w.id`, Prisma.sql`w."eventTypes"`)})::int AS count, count(*)::int AS looked
                    FROM (SELECT type, data FROM "Event" WHERE w.state = 'disabled' AND id > w."cursor" ORDER BY id LIMIT ${MOST_COUNTED}) ev) later
   WHERE w."deletedAt" IS NULL AND ${condition} ORDER BY w."createdAt", w.id`;

function viewWebhook(row: WebhookRow): WebhookBody {
  const { id, url, eventTypes, description, state, disabledReason, createdBy } = row;
  const { undelivered, hasMoreUndelivered, skippedEvents } = row;
  return {
    id,
    url,
    eventTypes,
    description,
    state: state as WebhookBody['state'],
    disabledAt: row.disabledAt?.toISOString() ?? null,
    disabledReason: disabledReason as WebhookBody['disabledReason'],
    failingSince: row.failingSince?.toISOString() ?? null,
    undelivered,
    hasMoreUndelivered,
    skippedEvents,
    createdBy,
    createdAt: row.createdAt.toISOString(),
  };
}
