import type { CreatedWebhookBody, RotateSecretBody, WebhookBody } from '@freeflow/contract/http';
import { recordAudit, type PrismaClient } from '@freeflow/db-master';
import { makeWebhookSecret } from '@freeflow/lib/webhooks';
import { doOnce, slowFingerprint } from '../do-once';
import type { Caller } from '../tenants/idempotency';
import { replaceSealed } from './seal';
import { lockKnownWebhook, readWebhook } from './view';

/** Long enough for people to give a receiver the new one, in s. */
const OVERLAP_S = 86_400;

/**
 * Has deliveries signed by another secret, which is shown by this answer alone, and beside it by the one before for a
 * while. What is under way meanwhile is signed by either.
 * @throws Problem `webhook-unknown` | `sealing-key-missing` | `idempotency-key-reused`
 */
export async function rotateSecret(
  db: PrismaClient,
  id: string,
  { secret: given, overlapSeconds = OVERLAP_S }: NonNullable<RotateSecretBody>,
  caller: Caller,
): Promise<CreatedWebhookBody> {
  const action = 'webhooks.rotate-secret';
  const bodyHash = await slowFingerprint(`${action} ${id}`, { given, overlapSeconds }, caller);
  // Not in what is kept of the answer.
  let secret = given ?? null;
  const webhook = await doOnce<WebhookBody>(db, caller, { action, bodyHash }, async (commit) => {
    const made = given ?? makeWebhookSecret();
    const answer = await commit(async (tx) => {
      const locked = await lockKnownWebhook(tx, id);
      await replaceSealed(tx, id, ['secret', made], overlapSeconds);
      const detail = { webhookId: id, url: locked.url, overlapSeconds };
      await recordAudit(tx, [caller.audit.accepted({ detail }, 200)]);
      return readWebhook(tx, id);
    });
    secret = made;
    return answer;
  });
  return { ...webhook, secret };
}
