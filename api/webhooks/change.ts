import type { UpdateWebhookBody, WebhookBody } from '@freeflow/contract/http';
import { addSkipped, disableWebhook, Prisma, recordAudit, type PrismaClient } from '@freeflow/db-master';
import type { NetworkPolicy, ReceiverUrl } from '@freeflow/lib/webhooks';
import { doOnce, slowFingerprint } from '../do-once';
import { fingerprint, type Caller } from '../tenants/idempotency';
import { replaceSealed, readUrl } from './seal';
import { lockKnownWebhook, readWebhook } from './view';

/**
 * Changes what a webhook gets, where, or whether it does. At another URL it has not failed yet.
 * @throws Problem `webhook-unknown` | `body-invalid` | `sealing-key-missing` | `idempotency-key-reused`
 */
export async function updateWebhook(
  db: PrismaClient,
  id: string,
  body: UpdateWebhookBody,
  policy: NetworkPolicy,
  caller: Caller,
): Promise<WebhookBody> {
  const action = 'webhooks.update';
  const bodyHash = await slowFingerprint(`${action} ${id}`, body, caller);
  return doOnce(db, caller, { action, bodyHash }, async (commit) => {
    const url = body.url === undefined ? undefined : await readUrl(body.url, policy);
    return commit((tx) => update(tx, id, { ...body, url }, caller));
  });
}

async function update(
  tx: Prisma.TransactionClient,
  id: string,
  { enabled, eventTypes, description, url }: Omit<UpdateWebhookBody, 'url'> & { url: ReceiverUrl | undefined },
  { principal, audit }: Caller,
): Promise<WebhookBody> {
  const webhook = await lockKnownWebhook(tx, id);
  const isEnabled = webhook.state === 'enabled';
  // In one statement: it is one event.
  await tx.$executeRaw`
    UPDATE "Webhook"
       SET "eventTypes" = ${eventTypes ?? webhook.eventTypes}::text[], url = ${url?.shown ?? webhook.url}
     WHERE id = ${id}::uuid`;
  if (url !== undefined) await sendElsewhere(tx, id, url);
  if (description !== undefined)
    await tx.$executeRaw`UPDATE "Webhook" SET description = ${description} WHERE id = ${id}::uuid`;
  if (enabled === true && !isEnabled) await enableWebhook(tx, id);
  if (enabled === false && isEnabled) await disableWebhook(tx, id, 'person', principal);
  const detail = { webhookId: id, url: webhook.url, newUrl: url?.shown, enabled, eventTypes, description };
  await recordAudit(tx, [audit.accepted({ detail }, 200)]);
  return readWebhook(tx, id);
}

/** What has failed at the URL before says nothing of this one. */
async function sendElsewhere(tx: Prisma.TransactionClient, id: string, { target }: ReceiverUrl): Promise<void> {
  await replaceSealed(tx, id, ['target', target]);
  await tx.$executeRaw`UPDATE "Webhook" SET "failingSince" = NULL, "probedAt" = NULL WHERE id = ${id}::uuid`;
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
  const webhook = await lockKnownWebhook(tx, id);
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
