import type { DeliveryInput, DeliveryProgress } from '@freeflow/contract';
import { deliverySchema, type DeliveryAttempt, type EventRow } from '@freeflow/contract/http';
import { SEALED_IN_USE, type PrismaClient } from '@freeflow/db-master';
import { count } from '@freeflow/lib/metrics';
import { SecretError, type SecretKeys } from '@freeflow/lib/secrets';
import { openWebhookSecrets, type SealedRow } from '@freeflow/lib/webhooks';
import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { Limiter } from '../../backends/limiter';
import { runActivity } from '../activity-shell';
import { insist } from './insist';
import { bodyOf, headersOf } from './message';
import type { Attempted } from './next-move';
import type { Sender } from './post';
import { UNOPENED } from './postpone';
import { putBack, recordAttempt, type Given } from './record-attempt';
import { Turns } from './turns';

export interface DeliveryDependencies {
  db: PrismaClient;
  keys: SecretKeys;
  sender: Sender;
  /** Between the attempts at one delivery, in ms. */
  pausesMs: readonly number[];
  /** Called when something has changed by which others can be begun. */
  onSettled: () => void;
}

/** Each has a connection, and leaves some to what is read and handed out. */
const RECORDED_AT_ONCE = 3;
const HEARTBEAT_MS = 1_000;

interface DeliveryRow {
  id: string;
  webhookId: string;
  /** Whether it may be sent: a ping always. */
  isEnabled: boolean;
  url: string;
  eventId: bigint | null;
  eventAt: Date;
  /** The newest first. */
  sealed: SealedRow[];
  event: Omit<EventRow, 'id' | 'at'> | null;
}

/**
 * Sends what is to be delivered, once, and records what came of it. Nothing of it is in the workflow's history. What
 * was sent and can't be recorded is kept by Temporal, as what the activity has told last: repeated, here or by another
 * worker, it records that, and sends nothing.
 */
export function deliveryActivities(dependencies: DeliveryDependencies) {
  const { db, onSettled } = dependencies;
  // Those of one webhook wait for each other in any case: not by holding a connection.
  const turns = new Turns();
  const recording = new Limiter(RECORDED_AT_ONCE);
  const record = (input: DeliveryInput & { webhookId: string }, given: Given): Promise<DeliveryProgress> => {
    const signal = cancellationSignal();
    const recordInTurn = () =>
      turns.take(input.webhookId, signal, () => recording.run(signal, () => recordAttempt(dependencies, input, given)));
    return insist(signal, recordInTurn);
  };
  return {
    attemptDelivery: (input: DeliveryInput): Promise<DeliveryProgress> => {
      let sent = sentBefore();
      const body = async (): Promise<DeliveryProgress> => {
        const delivery = await loadDelivery(db, input);
        if (delivery === undefined) return { outcome: 'superseded' };
        if (sent === undefined && !delivery.isEnabled) return leaveUnsent(dependencies, input);
        const given = sent ?? (await attempt(dependencies, delivery));
        if (isSent(given)) heartbeat((sent = given));
        const progress = await record({ ...input, webhookId: delivery.webhookId }, given);
        if (progress.outcome !== 'superseded') count('freeflow_webhook_attempts_total', { outcome: progress.outcome });
        onSettled();
        return progress;
      };
      return runActivity(body, { heartbeats: { everyMs: HEARTBEAT_MS, details: () => sent } });
    },
  };
}

/** What an earlier try of this activity has sent. */
const sentBefore = (): DeliveryAttempt | undefined =>
  deliverySchema.shape.attempts.element.safeParse(activityInfo().heartbeatDetails).data;

const isSent = ({ isFinal, isOurs }: Given): boolean => isFinal !== true && isOurs !== true;

/** Its webhook was disabled after it had been taken up; by now it may be enabled again. */
async function leaveUnsent({ db, onSettled }: DeliveryDependencies, input: DeliveryInput): Promise<DeliveryProgress> {
  await putBack(db, input);
  onSettled();
  return { outcome: 'superseded' };
}

async function attempt(dependencies: DeliveryDependencies, delivery: DeliveryRow): Promise<Given> {
  const now = new Date();
  const startedAt = performance.now();
  const attempted = await send(dependencies, delivery, now);
  return { at: now.toISOString(), durationMs: Math.round(performance.now() - startedAt), ...attempted };
}

async function send(
  { keys, sender }: DeliveryDependencies,
  delivery: DeliveryRow,
  now: Date,
): Promise<Attempted & Pick<Given, 'isFinal' | 'isOurs'>> {
  const { id, webhookId, url, eventId, eventAt, event } = delivery;
  if (eventId !== null && event === null) return { status: null, cause: 'its event is kept no longer', isFinal: true };
  try {
    const { secrets, target } = openWebhookSecrets(keys, webhookId, delivery.sealed);
    const body = bodyOf(delivery, eventId === null || event === null ? null : { ...event, id: eventId, at: eventAt });
    return await sender.send({ url: url + target, headers: headersOf(id, body, secrets, now), body });
  } catch (error) {
    // The worker lacks the key, or the row was altered: nothing of the receiver's.
    if (error instanceof SecretError) return { status: null, cause: `${UNOPENED} (${error.code})`, isOurs: true };
    throw error;
  }
}

/**
 * Undefined where this run has nothing to do any more. In one statement: a path must not go to the server that the
 * webhook had before.
 */
async function loadDelivery(db: PrismaClient, { deliveryId, round }: DeliveryInput): Promise<DeliveryRow | undefined> {
  const rows = await db.$queryRaw<(Omit<DeliveryRow, 'sealed'> & SealedRow)[]>`
    SELECT d.id, d."webhookId", d."eventId" IS NULL OR w.state = 'enabled' AS "isEnabled", w.url, d."eventId", d."eventAt", s.part, s."keyId", s.sealed,
           CASE WHEN e.id IS NOT NULL THEN jsonb_build_object('type', e.type, 'tenantId', e."tenantId", 'tenantName', e."tenantName",
             'operationId', e."operationId", 'data', e.data) END AS event
      FROM "WebhookDelivery" d
      JOIN "Webhook" w ON w.id = d."webhookId"
      JOIN LATERAL ${SEALED_IN_USE} s ON true
      LEFT JOIN "Event" e ON e.id = d."eventId"
     WHERE d.id = ${deliveryId}::uuid AND d.round = ${round} AND d.state = 'sending'
     ORDER BY s."createdAt" DESC`;
  const [row] = rows;
  return row === undefined ? undefined : { ...row, sealed: rows };
}
