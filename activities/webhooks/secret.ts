import type { PrismaClient } from '@freeflow/db-master';
import { openSealed, sealingKeyOf, type SecretKeys } from '@freeflow/lib/secrets';
import { z } from 'zod';

/** What is sealed of a webhook: the secret that signs, and the query of its URL, which may be one as well. */
const sealedSchema = z.object({ secret: z.string(), query: z.string() });
export type WebhookSecrets = z.output<typeof sealedSchema>;

/** @throws SecretError `secret-key-unknown` | `secret-unreadable` */
export const openWebhookSecrets = (
  keys: SecretKeys,
  webhookId: string,
  { keyId, sealed }: { keyId: string; sealed: Uint8Array },
): WebhookSecrets => sealedSchema.parse(JSON.parse(openSealed(keys, keyId, sealed, `webhook/${webhookId}`)));

/** Publishes what the API seals by: the newest is used. */
export async function publishSealingKey(db: PrismaClient, keys: SecretKeys): Promise<void> {
  const { id, publicKey } = sealingKeyOf(keys.current);
  await db.$executeRaw`
    INSERT INTO "SealingKey" (id, "publicKey") VALUES (${id}, ${publicKey})
    ON CONFLICT (id) DO UPDATE SET "publishedAt" = clock_timestamp(), "publicKey" = EXCLUDED."publicKey"`;
}
