import { z } from 'zod';
import { openSealed, sealFor, SecretError, type SealingKey, type SecretKeys } from '../secrets';

/**
 * What is sealed of a webhook: the secret that signs, and where at its server it is sent to: path and query, either of
 * which may be a secret as well.
 */
const sealedSchema = z.object({ secret: z.string().regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/), target: z.string() });
type WebhookSecrets = z.output<typeof sealedSchema>;

const ownerOf = (webhookId: string): string => `webhook/${webhookId}`;

export const sealWebhookSecrets = (
  key: SealingKey,
  webhookId: string,
  secrets: WebhookSecrets,
): Uint8Array<ArrayBuffer> => sealFor(key, JSON.stringify(secrets), ownerOf(webhookId));

/** @throws SecretError `secret-key-unknown` | `secret-unreadable` */
export function openWebhookSecrets(
  keys: SecretKeys,
  webhookId: string,
  { keyId, sealed }: { keyId: string; sealed: Uint8Array },
): WebhookSecrets {
  const text = openSealed(keys, keyId, sealed, ownerOf(webhookId));
  try {
    return sealedSchema.parse(JSON.parse(text));
  } catch {
    // Without what has failed: that would quote it.
    throw new SecretError('secret-unreadable', `What is sealed of ${ownerOf(webhookId)} is not what the API seals.`);
  }
}
