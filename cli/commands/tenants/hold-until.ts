import { parseDuration } from '../../duration';
import { EXIT, Failure } from '../../failure';

/**
 * The end of a hold as the API takes it. A day alone begins at midnight UTC; a duration counts from now, by the clock of
 * this machine. Whether a time is a possible one, and to come, is the API's to judge.
 * @throws Failure for what is neither
 */
export function endOfHold(until: string, now = Date.now()): string {
  const durationMs = parseDuration(until);
  if (durationMs !== undefined) return new Date(now + durationMs).toISOString();
  if (/^\d{4}-\d\d-\d\d$/.test(until)) return `${until}T00:00:00Z`;
  if (/^\d{4}-\d\d-\d\dT/.test(until)) return until;
  throw new Failure(
    EXIT.usage,
    `--until ${until} is neither a date, a time nor a duration.`,
    'Give a date such as 2099-01-31, a time such as 2099-01-31T12:00:00Z, or a duration such as 30d, 12h or 45m.',
  );
}
