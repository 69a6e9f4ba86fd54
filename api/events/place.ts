import { Problem } from '../errors';
import type { EventPlace } from './rows';

/**
 * The event after which a stream begins.
 * @param after the Last-Event-ID
 * @throws Problem `event-unknown`
 */
export function placeOf(
  after: string | undefined,
  from: 'now' | 'start',
  { oldest, newest: { id: newest } }: { oldest: bigint; newest: EventPlace },
): bigint {
  if (after === undefined) return from === 'start' ? 0n : newest;
  const place = BigInt(after);
  // The one before the oldest misses nothing.
  if (place + 1n >= oldest && place <= newest) return place;
  throw new Problem(
    'event-unknown',
    place > newest
      ? `There has been no event ${after} yet: this is not the master database that it is from.`
      : `The events after ${after} are not kept any more; the oldest one is ${oldest}.`,
  );
}
