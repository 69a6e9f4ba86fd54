import { randomUUID } from 'node:crypto';
import { PING } from '@freeflow/contract';
import type { DeliveryBody, RedeliverBody, RedeliveredBody } from '@freeflow/contract/http';
import {
  promoteNext,
  recordAudit,
  WAITING_ANEW,
  type LockedWebhook,
  type Prisma,
  type PrismaClient,
} from '@freeflow/db-master';
import { doOnce } from '../do-once';
import { Problem } from '../errors';
import { fingerprint, type Caller } from '../tenants/idempotency';
import { findDelivery, viewDelivery } from './deliveries';
import { lockKnownWebhook } from './view';

/** What one request begins anew. */
const MOST_AT_ONCE = 1_000;

/**
 * Begins a delivery anew: what has ended goes again when it is its tenant's turn, what is tried again later goes at
 * once.
 * @throws Problem `webhook-unknown` | `webhook-disabled` | `delivery-unknown` | `delivery-in-progress` |
 * `delivery-expired` | `idempotency-key-reused`
 */
export const redeliver = (
  db: PrismaClient,
  { id, deliveryId }: { id: string; deliveryId: string },
  caller: Caller,
): Promise<DeliveryBody> =>
  change(db, caller, 'webhooks.redeliver', { id, deliveryId }, async (tx) => {
    const webhook = await lockEnabled(tx, id);
    const { eventId, state, lane } = await findDelivery(tx, id, deliveryId);
    if (state === 'sending' || state === 'waiting') throw new Problem('delivery-in-progress', `Its state is ${state}.`);
    if (eventId !== null && (await tx.event.count({ where: { id: eventId } })) === 0)
      throw new Problem('delivery-expired', `Event ${eventId} is kept no longer.`);
    await beginAnew(tx, [deliveryId]);
    await allowProbe(tx, id);
    await promoteNext(tx, id, [lane]);
    await recordAudit(tx, [caller.audit.accepted({ detail: { webhookId: id, url: webhook.url, deliveryId } })]);
    return viewDelivery(await findDelivery(tx, id, deliveryId));
  });

/**
 * The same for all that have failed, or are tried again later, as far as their events are kept: in each tenant's order.
 * What a person has given up would hold its tenant up again: only on its own. Asked again for the rest by the answer's
 * `failedBefore`, each goes once: what fails anew in between would be among the first of the next request, for ever.
 * @throws Problem `webhook-unknown` | `webhook-disabled` | `idempotency-key-reused`
 */
export const redeliverAll = (
  db: PrismaClient,
  id: string,
  { since, failedBefore }: NonNullable<RedeliverBody>,
  caller: Caller,
): Promise<RedeliveredBody> =>
  change(db, caller, 'webhooks.redeliver-all', { id, since, failedBefore }, async (tx) => {
    const webhook = await lockEnabled(tx, id);
    const until = failedBefore ?? (await readClock(tx));
    const found = await tx.$queryRaw<{ id: string; lane: string }[]>`
      SELECT d.id, d.lane FROM "WebhookDelivery" d JOIN "Event" e ON e.id = d."eventId"
       WHERE d."webhookId" = ${id}::uuid AND d.state IN ('failed', 'retrying') AND d."givenUpBy" IS NULL
         AND d."eventAt" >= ${since ?? '-infinity'}::timestamptz
         AND coalesce(d."lastFailedAt" <= ${until}::timestamptz, true)
       ORDER BY d."eventId" LIMIT ${MOST_AT_ONCE + 1}`;
    const chosen = found.slice(0, MOST_AT_ONCE);
    await beginAnew(
      tx,
      chosen.map((it) => it.id),
    );
    await allowProbe(tx, id);
    await promoteNext(tx, id, [...new Set(chosen.map(({ lane }) => lane))]);
    const detail = { webhookId: id, url: webhook.url, since, redelivered: chosen.length };
    await recordAudit(tx, [caller.audit.accepted({ detail })]);
    return { redelivered: chosen.length, isComplete: found.length <= MOST_AT_ONCE, failedBefore: until };
  });

/**
 * Sends a try to the receiver, once, also while the webhook is disabled.
 * @throws Problem `webhook-unknown` | `idempotency-key-reused`
 */
export const ping = (db: PrismaClient, id: string, caller: Caller): Promise<DeliveryBody> =>
  change(db, caller, 'webhooks.ping', { id }, async (tx) => {
    const webhook = await lockKnownWebhook(tx, id);
    const deliveryId = randomUUID();
    // In a lane of its own: it waits for nothing.
    await tx.$executeRaw`
      INSERT INTO "WebhookDelivery" (id, "webhookId", type, "eventAt", lane, "isHead")
      VALUES (${deliveryId}::uuid, ${id}::uuid, ${PING}, clock_timestamp(), ${deliveryId}::uuid, true)`;
    await recordAudit(tx, [caller.audit.accepted({ detail: { webhookId: id, url: webhook.url, deliveryId } })]);
    return viewDelivery(await findDelivery(tx, id, deliveryId));
  });

const change = <T extends Prisma.InputJsonObject>(
  db: PrismaClient,
  caller: Caller,
  action: 'webhooks.redeliver' | 'webhooks.redeliver-all' | 'webhooks.ping',
  content: object,
  work: (tx: Prisma.TransactionClient) => Promise<T>,
): Promise<T> => doOnce(db, caller, { action, bodyHash: fingerprint(action, content) }, (commit) => commit(work));

async function lockEnabled(tx: Prisma.TransactionClient, id: string): Promise<LockedWebhook> {
  const webhook = await lockKnownWebhook(tx, id);
  if (webhook.state === 'disabled') throw new Problem('webhook-disabled', 'Nothing was sent.');
  return webhook;
}

async function readClock(tx: Prisma.TransactionClient): Promise<string> {
  const [row] = await tx.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
  return (row?.now ?? new Date()).toISOString();
}

/** None of them is being sent: what is sent next of their lanes comes after all that was. */
const beginAnew = (
  tx: Prisma.TransactionClient,
  ids: readonly string[],
): Prisma.PrismaPromise<number> => tx.$executeRaw`
  UPDATE "WebhookDelivery" SET ${WAITING_ANEW}, "endedAt" = NULL, "givenUpBy" = NULL WHERE id = ANY(${ids}::uuid[])`;

/** Whoever asks for it may have mended the receiver: one goes at once, also where it is taken to be down. */
const allowProbe = (tx: Prisma.TransactionClient, id: string): Prisma.PrismaPromise<number> =>
  tx.$executeRaw`UPDATE "Webhook" SET "probedAt" = NULL WHERE id = ${id}::uuid`;
