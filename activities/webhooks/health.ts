/** How the receiver of a webhook has done lately. */
export interface Health {
  /** Since when every attempt at it has failed; null where the last one has not. */
  failingSince: Date | null;
  /** How many in a row have failed since then; of no meaning where none has. */
  failures: number;
}

/** So many failures in a row are the receiver's, and not those of some events that it does not take. */
export const FAILURES_OF_DOWN = 20;
/** A receiver that is down is tried so often with what was not to go yet. */
const PROBE_MS = 60_000;
/**
 * Of a shorter outage nothing need be called back: the second pause is no longer. Also how long before it others may
 * have failed by it.
 */
const OUTAGE_MS = 300_000;

/** How it does after one more attempt. Pure. */
export const healthAfter = ({ failingSince, failures }: Health, isDelivered: boolean, now: Date): Health =>
  isDelivered
    ? { failingSince: null, failures: 0 }
    : { failingSince: failingSince ?? now, failures: failingSince === null ? 1 : failures + 1 };

/** Whether it is taken to be down. Pure. */
export const isDown = ({ failingSince, failures }: Health): boolean =>
  failingSince !== null && failures >= FAILURES_OF_DOWN;

/** Pure. @param probedAt when it was tried last with what was not to go yet */
export const isProbeDue = (probedAt: Date | null, now: Date): boolean =>
  probedAt === null || now.getTime() - probedAt.getTime() >= PROBE_MS;

/**
 * Once it takes an event again: what has failed for the first time since then has failed by the outage, and goes at
 * once. What has failed before, and again after the receiver took others, is left to its pauses: it may be the trouble
 * itself. Undefined where there was no outage that is worth it. Pure.
 */
export function calledBackSince({ failingSince }: Health, now: Date): Date | undefined {
  if (failingSince === null || now.getTime() - failingSince.getTime() < OUTAGE_MS) return undefined;
  return new Date(failingSince.getTime() - OUTAGE_MS);
}
