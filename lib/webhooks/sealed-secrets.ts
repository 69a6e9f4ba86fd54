import { z } from 'zod';
import { openSealed, sealFor, SecretError, type SealingKey, type SecretKeys } from '../secrets';

/**
 * What is sealed of a webhook: the secret that signs, and where at its server it is sent to: path and query, either of
 * which may be a secret as well. Both in one at first; what replaces a part is sealed on its own.
 */
const sealedSchema = z.object({
  secret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/)
    .optional(),
  target: z.string().optional(),
});
type Parts = z.output<typeof sealedSchema>;
/** The parts of a webhook that are sealed. */
export type SealedPart = keyof Parts;

/** What is sealed, of which a part is in use. */
export interface SealedRow {
  part: SealedPart;
  keyId: string;
  sealed: Uint8Array;
}

const ownerOf = (webhookId: string): string => `webhook/${webhookId}`;

/** @param parts both of them, or the one that is replaced */
export const sealWebhookParts = (key: SealingKey, webhookId: string, parts: Parts): Uint8Array<ArrayBuffer> =>
  sealFor(key, JSON.stringify(parts), ownerOf(webhookId));

/**
 * What a webhook is signed by, the newest first, and where it is sent to.
 * @throws SecretError `secret-key-unknown` | `secret-unreadable`
 */
export function openWebhookSecrets(
  keys: SecretKeys,
  webhookId: string,
  rows: readonly SealedRow[],
): { secrets: string[]; target: string } {
  const open = (wanted: SealedPart) =>
    rows.filter(({ part }) => part === wanted).map((row) => openPart(keys, webhookId, row));
  const [target] = open('target');
  const secrets = open('secret');
  if (target === undefined || secrets.length === 0)
    throw new SecretError('secret-unreadable', `A part of what is sealed of ${ownerOf(webhookId)} is missing.`);
  return { secrets, target };
}

/**
 * The same, whole or in part, sealed by another key.
 * @throws SecretError `secret-key-unknown` | `secret-unreadable`
 */
export const resealWebhookParts = (
  keys: SecretKeys,
  key: SealingKey,
  webhookId: string,
  row: Omit<SealedRow, 'part'>,
): Uint8Array<ArrayBuffer> => sealWebhookParts(key, webhookId, openParts(keys, webhookId, row));

function openPart(keys: SecretKeys, webhookId: string, row: SealedRow): string {
  const value = openParts(keys, webhookId, row)[row.part];
  if (value === undefined) throw notOurs(webhookId);
  return value;
}

function openParts(keys: SecretKeys, webhookId: string, { keyId, sealed }: Omit<SealedRow, 'part'>): Parts {
  const text = openSealed(keys, keyId, sealed, ownerOf(webhookId));
  try {
    return sealedSchema.parse(JSON.parse(text));
  } catch {
    // Without what has failed: that would quote it.
    throw notOurs(webhookId);
  }
}

const notOurs = (webhookId: string): SecretError =>
  new SecretError('secret-unreadable', `What is sealed of ${ownerOf(webhookId)} is not what the API seals.`);
