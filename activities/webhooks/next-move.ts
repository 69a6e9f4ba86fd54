import type { DisabledReason } from '@freeflow/contract';
import type { Health } from './health';

/** What came of one attempt. */
export interface Attempted {
  /** What the receiver answered; null where it did not. */
  status: number | null;
  /** Why it has failed; null where the event was delivered. */
  cause: string | null;
}

/** A delivery as it was before the attempt. */
interface Delivery {
  isPing: boolean;
  /** How many attempts had failed since it was begun (anew). */
  attempt: number;
  /** When the first of them had; null where this one is the first. */
  firstFailedAt: Date | null;
  /** When the last one ever had, also before it was begun anew; null where none has. */
  lastFailedAt: Date | null;
}

/** What it is decided by. */
interface Circumstances {
  /** How the receiver does, after this attempt. */
  health: Health;
  /** Whether its webhook is, still. */
  isEnabled: boolean;
  /** Between the attempts. */
  pausesMs: readonly number[];
  now: Date;
  /** 0 to 1 */
  random: number;
}

export type NextMove =
  | { move: 'delivered' }
  | { move: 'retry'; pauseMs: number }
  | { move: 'failed' }
  | { move: 'disable'; reason: Extract<DisabledReason, 'failing' | 'gone'> }
  /** As if it had not been begun. */
  | { move: 'wait' };

/** By it a receiver says that it wants nothing more: the specification of Standard Webhooks. */
const GONE = 410;
/** However long ago the first was: they come late while no worker runs. */
const FAILURES_OF_FAILING = 3;
/** Each pause is longer by up to this part of it: not all come back at once. */
const JITTER = 0.1;

/**
 * Decides how a delivery goes on. A receiver that has taken nothing at all for as long as all pauses take is no longer
 * called. Given up is what was tried for as long, where the receiver has taken another one since its previous attempt:
 * then it can be had. Where it has not, the receiver may be the trouble, and it is tried on. Pure.
 */
export function decideNext({ status, cause }: Attempted, delivery: Delivery, circumstances: Circumstances): NextMove {
  const { isPing, attempt, firstFailedAt, lastFailedAt } = delivery;
  const { health, isEnabled, pausesMs, random } = circumstances;
  if (cause === null) return { move: 'delivered' };
  if (isPing) return { move: 'failed' };
  if (!isEnabled) return { move: 'wait' };
  if (status === GONE) return { move: 'disable', reason: 'gone' };
  const { failingSince, failures } = health;
  const enough = Math.min(FAILURES_OF_FAILING, pausesMs.length + 1);
  if (failures >= enough && isLongAgo(failingSince, circumstances)) return { move: 'disable', reason: 'failing' };
  const hasTakenOthers = lastFailedAt !== null && failingSince !== null && failingSince > lastFailedAt;
  if (hasTakenOthers && attempt >= pausesMs.length && isLongAgo(firstFailedAt, circumstances))
    return { move: 'failed' };
  const pauseMs = pausesMs[attempt] ?? pausesMs.at(-1) ?? 0;
  return { move: 'retry', pauseMs: Math.round(pauseMs * (1 + JITTER * random)) };
}

/** Whether all the pauses have had their time since then. */
const isLongAgo = (since: Date | null, { pausesMs, now }: Circumstances): boolean =>
  since !== null && now.getTime() - since.getTime() >= pausesMs.reduce((sum, it) => sum + it, 0);
