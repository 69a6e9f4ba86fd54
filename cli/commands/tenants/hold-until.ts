import { parseDuration } from '@freeflow/lib/config';
import { EXIT, Failure } from '../../failure';
import { MOMENT_FORM, parseMoment } from '../../moment';

/**
 * The end of a hold as the API takes it; a duration counts from now, by the clock of this machine. Whether it is to
 * come is the API's to judge.
 * @throws Failure for what is neither
 */
export function endOfHold(until: string, now = Date.now()): string {
  const durationMs = parseDuration(until);
  const moment = durationMs === undefined ? parseMoment(until) : new Date(now + durationMs).toISOString();
  if (moment !== undefined) return moment;
  throw new Failure(
    EXIT.usage,
    `--until ${until} is neither a date, a time with its zone nor a duration.`,
    `Give ${MOMENT_FORM}, or a duration such as 30d, 12h or 45m.`,
  );
}
