import type { DisabledReason } from '@freeflow/contract';
import { Prisma } from './generated/client';

/**
 * What both API and worker do with a webhook, under the lock of its row: it is one after the other for each webhook.
 */
export interface LockedWebhook {
  id: string;
  url: string;
  state: 'enabled' | 'disabled';
  eventTypes: string[];
  cursor: bigint;
  failingSince: Date | null;
  /** How many attempts in a row have failed since then. */
  failures: number;
  /** When a receiver that is down was tried last with what was not to go yet. */
  probedAt: Date | null;
}

/** Longer than whoever is alive holds it: more would take connections from what is done for other webhooks. */
const LOCKED_WITHIN_MS = 3_000;

/**
 * @param withinMs how long to wait for whoever holds it
 * @returns undefined where there is none
 * @throws the refusal of the server, 55P03, when it is not let go in time
 */
export async function lockWebhook(
  tx: Prisma.TransactionClient,
  id: string,
  withinMs = LOCKED_WITHIN_MS,
): Promise<LockedWebhook | undefined> {
  // The sub-select is done before any row is looked at, and spares a statement of its own.
  const [webhook] = await tx.$queryRaw<LockedWebhook[]>`
    SELECT id, url, state, "eventTypes", "cursor", "failingSince", failures, "probedAt" FROM "Webhook"
     WHERE id = (SELECT ${id}::uuid WHERE set_config('lock_timeout', ${String(withinMs)}, true) <> '') AND "deletedAt" IS NULL
       FOR NO KEY UPDATE`;
  return webhook;
}

/**
 * Whether a webhook is to get an event, in a statement where that is `ev`: by its types, and not that it was made
 * itself. Of what the statement calls its id and its types.
 */
export const isMeantFor = (id: Prisma.Sql, eventTypes: Prisma.Sql): Prisma.Sql => Prisma.sql`
  ((cardinality(${eventTypes}) = 0 OR ev.type = ANY (${eventTypes}))
   AND NOT (ev.type = 'webhook.created' AND ev.data ->> 'webhookId' = ${id}::text))`;

/** What is sealed of a webhook and in use now, part by part, in a statement where that is `w`. */
export const SEALED_IN_USE = Prisma.sql`
  (SELECT 'secret' AS part, "keyId", sealed, '-infinity'::timestamptz AS "createdAt" FROM "WebhookSecret"
    WHERE id = w.id AND ("retiresAt" IS NULL OR "retiresAt" > now())
   UNION ALL
   SELECT 'target', "keyId", sealed, '-infinity' FROM "WebhookSecret"
    WHERE id = w.id AND NOT EXISTS (SELECT FROM "WebhookReplacement" r WHERE r."webhookId" = w.id AND r.part = 'target')
   UNION ALL
   SELECT part, "keyId", sealed, "createdAt" FROM "WebhookReplacement"
    WHERE "webhookId" = w.id AND ("retiresAt" IS NULL OR "retiresAt" > now()))`;

/** A delivery that waits from its beginning on, as if nothing had been tried: what follows `SET`. */
export const WAITING_ANEW = Prisma.sql`
  state = 'waiting', attempt = 0, "firstFailedAt" = NULL, "nextAttemptAt" = NULL, "checkAt" = NULL`;

/**
 * Disables a webhook that is locked. What is tried again later waits from its beginning on, for it to be enabled again;
 * what is being sent stays so until its attempt is recorded: nothing of its lane overtakes it.
 */
export async function disableWebhook(
  tx: Prisma.TransactionClient,
  id: string,
  reason: DisabledReason,
  by: string | null,
): Promise<void> {
  await tx.$executeRaw`
    UPDATE "Webhook" SET state = 'disabled', "disabledAt" = now(), "disabledReason" = ${reason}, "disabledBy" = ${by}
     WHERE id = ${id}::uuid`;
  await tx.$executeRaw`
    UPDATE "WebhookDelivery" SET ${WAITING_ANEW} WHERE "webhookId" = ${id}::uuid AND state = 'retrying'`;
}

/** So many more were missed: what follows `SET`. More than the column holds is not counted, and fails nothing. */
export const addSkipped = (count: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`"skippedEvents" = least(2147483647, "skippedEvents"::bigint + greatest(0, ${count}))`;

/** Makes the first that waits in each of these lanes its head, where it has none. */
export const promoteNext = (
  tx: Prisma.TransactionClient,
  webhookId: string,
  lanes: readonly string[],
): Prisma.PrismaPromise<number> => tx.$executeRaw`
  UPDATE "WebhookDelivery" SET "isHead" = true
   WHERE id = ANY (ARRAY(
     SELECT (SELECT n.id FROM "WebhookDelivery" n WHERE n."webhookId" = ${webhookId}::uuid AND n.lane = l.lane AND n.state = 'waiting'
              ORDER BY n."eventId" LIMIT 1)
       FROM unnest(${lanes}::uuid[]) AS l(lane)
      WHERE NOT EXISTS (SELECT FROM "WebhookDelivery" h WHERE h."webhookId" = ${webhookId}::uuid AND h.lane = l.lane AND h."isHead")))`;
