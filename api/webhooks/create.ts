import { randomBytes, randomUUID } from 'node:crypto';
import { MOST_WEBHOOKS } from '@freeflow/contract';
import type { CreatedWebhookBody, CreateWebhookBody } from '@freeflow/contract/http';
import { recordAudit, type Prisma, type PrismaClient } from '@freeflow/db-master';
import { readReceiverUrl, sealWebhookSecrets, type NetworkPolicy, type ReceiverUrl } from '@freeflow/lib/webhooks';
import type { RequestAudit } from '../audit/request-audit';
import { Problem } from '../errors';
import { readWebhook } from './view';

const SECRET_BYTES = 32;

interface Requested {
  policy: NetworkPolicy;
  principal: string;
  audit: RequestAudit;
}

/**
 * Makes a webhook, which gets what happens from now on. Its secret is sealed for the workers before it is stored, and
 * shown by this answer alone.
 * @throws Problem `body-invalid` | `too-many-webhooks` | `sealing-key-missing`
 */
export async function createWebhook(
  db: PrismaClient,
  body: CreateWebhookBody,
  { policy, principal, audit }: Requested,
): Promise<CreatedWebhookBody> {
  const url = await urlOf(body.url, policy);
  const id = randomUUID();
  const secret = body.secret ?? `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
  const webhook = await db.$transaction(async (tx) => {
    await assertRoom(tx);
    const { eventTypes, description = null } = body;
    await tx.$executeRaw`
      INSERT INTO "Webhook" (id, url, "eventTypes", description, "createdBy", "cursor")
      VALUES (${id}::uuid, ${url.shown}, ${eventTypes}::text[], ${description}, ${principal}, (SELECT coalesce(max(id), 0) FROM "Event"))`;
    await keepSecret(tx, id, { secret, target: url.target });
    await recordAudit(tx, [audit.accepted({ detail: { webhookId: id, url: url.shown, eventTypes } }, 201)]);
    return readWebhook(tx, id);
  });
  return { ...webhook, secret };
}

async function urlOf(text: string, policy: NetworkPolicy): Promise<ReceiverUrl> {
  const url = await readReceiverUrl(text, policy);
  if (!('refusal' in url)) return url;
  const error = { pointer: '/url', detail: url.refusal };
  throw new Problem('body-invalid', `/url: ${url.refusal}`, { errors: [error] });
}

/** One at a time: of two the second counts the first. */
async function assertRoom(tx: Prisma.TransactionClient): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('freeflow.webhooks', 0))`;
  if ((await tx.webhook.count({ where: { deletedAt: null } })) >= MOST_WEBHOOKS)
    throw new Problem('too-many-webhooks', `There are ${MOST_WEBHOOKS} webhooks.`);
}

/** Sealed: neither this process nor this database can open it. */
async function keepSecret(
  tx: Prisma.TransactionClient,
  id: string,
  secrets: { secret: string; target: string },
): Promise<void> {
  const key = await tx.sealingKey.findFirst({ orderBy: { publishedAt: 'desc' } });
  if (key === null) throw new Problem('sealing-key-missing', 'Nothing was made.');
  const sealed = sealWebhookSecrets(key, id, secrets);
  await tx.$executeRaw`INSERT INTO "WebhookSecret" (id, "keyId", sealed) VALUES (${id}::uuid, ${key.id}, ${sealed})`;
}
