import type { UpdateWebhookBody, WebhookBody } from '@freeflow/contract/http';
import { addSkipped, disableWebhook, lockWebhook, Prisma, recordAudit, type PrismaClient } from '@freeflow/db-master';
import { fingerprint, type Caller } from '../tenants/idempotency';
import { doOnce } from './once';
import { readWebhook, webhookNotFound } from './view';

/** Changes what a webhook gets, or whether it does. @throws Problem `webhook-unknown` | `idempotency-key-reused` */
export function updateWebhook(
  db: PrismaClient,
  id: string,
  body: UpdateWebhookBody,
  caller: Caller,
): Promise<WebhookBody> {
  const action = 'webhooks.update';
  const bodyHash = fingerprint(`${action} ${id}`, body);
  return doOnce(db, caller, { action, bodyHash }, (commit) => commit((tx) => update(tx, id, body, caller)));
}

async function update(
  tx: Prisma.TransactionClient,
  id: string,
  { enabled, eventTypes, description }: UpdateWebhookBody,
  { principal, audit }: Caller,
): Promise<WebhookBody> {
  const webhook = await lockWebhook(tx, id);
  if (webhook === undefined) throw webhookNotFound(id);
  const isEnabled = webhook.state === 'enabled';
  if (eventTypes !== undefined)
    await tx.$executeRaw`UPDATE "Webhook" SET "eventTypes" = ${eventTypes}::text[] WHERE id = ${id}::uuid`;
  if (description !== undefined)
    await tx.$executeRaw`UPDATE "Webhook" SET description = ${description} WHERE id = ${id}::uuid`;
  if (enabled === true && !isEnabled) await enableWebhook(tx, id);
  if (enabled === false && isEnabled) await disableWebhook(tx, id, 'person', principal);
  const detail = { webhookId: id, url: webhook.url, enabled, eventTypes, description };
  await recordAudit(tx, [audit.accepted({ detail }, 200)]);
  return readWebhook(tx, id);
}

/**
 * Nothing is sent from here on, and nobody sees it; a worker deletes its rows, however many there are. It is not told
 * what it misses.
 * @throws Problem `webhook-unknown` | `idempotency-key-reused`
 */
export async function deleteWebhook(db: PrismaClient, id: string, caller: Caller): Promise<void> {
  const action = 'webhooks.delete';
  const bodyHash = fingerprint(`${action} ${id}`, {});
  await doOnce(db, caller, { action, bodyHash }, (commit) => commit((tx) => remove(tx, id, caller)));
}

async function remove(
  tx: Prisma.TransactionClient,
  id: string,
  { principal, audit }: Caller,
): Promise<Record<string, never>> {
  const webhook = await lockWebhook(tx, id);
  if (webhook === undefined) throw webhookNotFound(id);
  await tx.$executeRaw`
      UPDATE "Webhook"
         SET state = 'disabled', "disabledAt" = now(), "disabledReason" = 'person', "disabledBy" = ${principal}, "deletedAt" = now()
       WHERE id = ${id}::uuid`;
  // Whatever has a run: it finds nothing to do, and ends.
  await tx.$executeRaw`
      UPDATE "WebhookDelivery" SET state = 'waiting', "nextAttemptAt" = NULL, "checkAt" = NULL
       WHERE "webhookId" = ${id}::uuid AND state IN ('sending', 'retrying')`;
  await recordAudit(tx, [audit.accepted({ detail: { webhookId: id, url: webhook.url } }, 204)]);
  return {};
}

/**
 * It goes on from its place; of the events after that which are kept no longer it is noted how many there were at most.
 */
async function enableWebhook(tx: Prisma.TransactionClient, id: string): Promise<void> {
  await tx.$executeRaw`
    UPDATE "Webhook" w
       SET state = 'enabled', "disabledAt" = NULL, "disabledReason" = NULL, "disabledBy" = NULL, "failingSince" = NULL,
           ${addSkipped(Prisma.sql`oldest.id - 1 - w."cursor"`)},
           "cursor" = greatest(w."cursor", oldest.id - 1)
      FROM (SELECT coalesce(min(id), 0) AS id FROM "Event") oldest
     WHERE w.id = ${id}::uuid`;
}
