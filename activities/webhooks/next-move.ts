import type { DisabledReason } from '@freeflow/contract';

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
  /** How many attempts of this round had failed. */
  attempt: number;
  /** When the first of them had; null where this one is the first. */
  firstFailedAt: Date | null;
  /** Since when every attempt at this receiver has failed; null where the last one has not. */
  failingSince: Date | null;
}

export type NextMove =
  | { move: 'delivered' }
  | { move: 'retry'; pauseMs: number }
  | { move: 'failed' }
  | { move: 'disable'; reason: Extract<DisabledReason, 'failing' | 'gone'> };

/** By it a receiver says that it wants nothing more: the specification of Standard Webhooks. */
const GONE = 410;
/** Each pause is longer by up to this part of it: not all come back at once. */
const JITTER = 0.1;

/**
 * Decides how a delivery goes on. Given up is what the receiver does not take while it takes others; a receiver that has
 * taken nothing at all for as long is no longer called. Pure.
 * @param pausesMs between the attempts
 * @param random 0 to 1
 */
export function decideNext(
  { status, cause }: Attempted,
  { isPing, attempt, firstFailedAt, failingSince }: Delivery,
  pausesMs: readonly number[],
  random: number,
): NextMove {
  if (cause === null) return { move: 'delivered' };
  if (isPing) return { move: 'failed' };
  if (status === GONE) return { move: 'disable', reason: 'gone' };
  const pauseMs = pausesMs[attempt];
  if (pauseMs !== undefined) return { move: 'retry', pauseMs: Math.round(pauseMs * (1 + JITTER * random)) };
  const hasTakenNothing = firstFailedAt === null || (failingSince !== null && failingSince <= firstFailedAt);
  return hasTakenNothing ? { move: 'disable', reason: 'failing' } : { move: 'failed' };
}
