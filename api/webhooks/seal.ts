import type { Prisma } from '@freeflow/db-master';
import {
  readReceiverUrl,
  sealWebhookParts,
  type NetworkPolicy,
  type ReceiverUrl,
  type SealedPart,
} from '@freeflow/lib/webhooks';
import { Problem } from '../errors';

/** A URL that events may be sent to, as far as that is known now. @throws Problem `body-invalid` */
export async function readUrl(text: string, policy: NetworkPolicy): Promise<ReceiverUrl> {
  const url = await readReceiverUrl(text, policy);
  if (!('refusal' in url)) return url;
  const error = { pointer: '/url', detail: url.refusal };
  throw new Problem('body-invalid', `/url: ${url.refusal}`, { errors: [error] });
}

type Parts = Record<SealedPart, string>;

/** Stores what nobody but the workers may read of a new webhook. @throws Problem `sealing-key-missing` */
export async function keepSealed(tx: Prisma.TransactionClient, webhookId: string, parts: Parts): Promise<void> {
  const { keyId, sealed } = await seal(tx, webhookId, parts);
  await tx.$executeRaw`INSERT INTO "WebhookSecret" (id, "keyId", sealed) VALUES (${webhookId}::uuid, ${keyId}, ${sealed})`;
}

/**
 * Replaces a part of it. What was there before is in use no more; a secret signs beside the new one for so many
 * seconds.
 * @throws Problem `sealing-key-missing`
 */
export async function replaceSealed(
  tx: Prisma.TransactionClient,
  webhookId: string,
  [part, value]: [SealedPart, string],
  overlapS = 0,
): Promise<void> {
  const { keyId, sealed } = await seal(tx, webhookId, { [part]: value });
  await tx.$executeRaw`
    INSERT INTO "WebhookReplacement" ("webhookId", part, "keyId", sealed, "overlapS")
    VALUES (${webhookId}::uuid, ${part}, ${keyId}, ${sealed}, ${overlapS})`;
}

/** Neither this process nor the database can open it. */
async function seal(tx: Prisma.TransactionClient, webhookId: string, parts: Partial<Parts>) {
  const key = await tx.sealingKey.findFirst({ orderBy: { publishedAt: 'desc' } });
  if (key === null) throw new Problem('sealing-key-missing', 'Nothing was changed.');
  return { keyId: key.id, sealed: sealWebhookParts(key, webhookId, parts) };
}
