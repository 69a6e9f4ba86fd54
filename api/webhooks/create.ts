import { randomUUID } from 'node:crypto';
import { MOST_WEBHOOKS } from '@freeflow/contract';
import type { CreatedWebhookBody, CreateWebhookBody, WebhookBody } from '@freeflow/contract/http';
import { recordAudit, type Prisma, type PrismaClient } from '@freeflow/db-master';
import { makeWebhookSecret, type NetworkPolicy } from '@freeflow/lib/webhooks';
import { doOnce, slowFingerprint } from '../do-once';
import { Problem } from '../errors';
import type { Caller } from '../tenants/idempotency';
import { keepSealed, readUrl } from './seal';
import { readWebhook } from './view';

/**
 * Makes a webhook, which gets what happens from now on. Its secret is sealed for the workers before it is stored, and
 * shown by this answer alone: where the same request has made it before, only a secret that the request has is.
 * @throws Problem `body-invalid` | `too-many-webhooks` | `sealing-key-missing` | `idempotency-key-reused`
 */
export async function createWebhook(
  db: PrismaClient,
  body: CreateWebhookBody,
  policy: NetworkPolicy,
  caller: Caller,
): Promise<CreatedWebhookBody> {
  const { principal, audit } = caller;
  const action = 'webhooks.create';
  const { eventTypes, description = null } = body;
  // Not in what is kept of the answer.
  let secret = body.secret ?? null;
  const bodyHash = await slowFingerprint(action, { ...body, eventTypes: eventTypes.toSorted() }, caller);
  const webhook = await doOnce<WebhookBody>(db, caller, { action, bodyHash }, async (commit) => {
    const url = await readUrl(body.url, policy);
    const id = randomUUID();
    const made = body.secret ?? makeWebhookSecret();
    const answer = await commit(async (tx) => {
      await assertRoom(tx);
      await tx.$executeRaw`
        INSERT INTO "Webhook" (id, url, "eventTypes", description, "createdBy", "cursor")
        VALUES (${id}::uuid, ${url.shown}, ${eventTypes}::text[], ${description}, ${principal}, (SELECT coalesce(max(id), 0) FROM "Event"))`;
      await keepSealed(tx, id, { secret: made, target: url.target });
      await recordAudit(tx, [audit.accepted({ detail: { webhookId: id, url: url.shown, eventTypes } }, 201)]);
      return readWebhook(tx, id);
    });
    secret = made;
    return answer;
  });
  return { ...webhook, secret };
}

/** One at a time: of two the second counts the first. */
async function assertRoom(tx: Prisma.TransactionClient): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('freeflow.webhooks', 0))`;
  if ((await tx.webhook.count({ where: { deletedAt: null } })) >= MOST_WEBHOOKS)
    throw new Problem('too-many-webhooks', `There are ${MOST_WEBHOOKS} webhooks.`);
}
