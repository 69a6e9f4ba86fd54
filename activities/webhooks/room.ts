/** The attempts that are under way at one receiver, and how it does. */
export interface UnderWay {
  /** First attempts at a delivery. */
  firsts: number;
  retries: number;
  pings: number;
  isDown: boolean;
  /** Whether one that is down may be tried with what was not to go yet. */
  isProbeDue: boolean;
}

const AT_ONCE = 20;
/** So many of them may be retries: tenants whose events are not taken leave room for the others. */
const RETRIES_AT_ONCE = 10;
/** At one that is down, of each kind: receivers that do not answer hold few of the slots of all. */
const AT_ONCE_DOWN = 1;

/** Whoever waits for what a ping comes to needs one; those of a receiver that hangs must not take the slots of all. */
const PINGS_AT_ONCE = 2;

/** How many pings may be begun, however the receiver does. Pure. */
export const roomForPings = ({ pings }: UnderWay): number => Math.max(0, PINGS_AT_ONCE - pings);

/** How many retries may be begun. Pure. */
export function roomForRetries({ firsts, retries, isDown }: UnderWay): number {
  const most = isDown ? AT_ONCE_DOWN : Math.min(RETRIES_AT_ONCE, AT_ONCE - firsts);
  return Math.max(0, most - retries);
}

/** How many first attempts may be begun: what retries do not need is theirs. Pure. */
export function roomForFirsts({ firsts, retries, isDown, isProbeDue }: UnderWay): number {
  const whenDown = isProbeDue ? AT_ONCE_DOWN : 0;
  return Math.max(0, (isDown ? whenDown : AT_ONCE - retries) - firsts);
}

/** Whether a retry may go before it is due: where nothing else shows that the receiver is back. Pure. */
export const mayRetryEarly = ({ firsts, retries, isDown, isProbeDue }: UnderWay): boolean =>
  isDown && isProbeDue && firsts + retries === 0;
