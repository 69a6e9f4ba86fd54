/**
 * A time with its zone, by which it is the same one everywhere. Whether there is such a day and hour the API judges.
 */
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/;
const DAY = /^\d{4}-\d\d-\d\d$/;

/** How `--since` and `--until` take a moment, beside a duration. */
export const MOMENT_FORM =
  'a date such as 2099-01-31 (midnight UTC), a time with its zone such as 2099-01-31T12:00:00Z or 2099-01-31T12:00:00+01:00';

/**
 * A moment as the API takes it, from how a person gives it; undefined for any other text. A time without a zone is
 * none: it would be another moment on each machine.
 */
export function parseMoment(text: string): string | undefined {
  if (DAY.test(text)) return `${text}T00:00:00Z`;
  return TIME.test(text) ? text : undefined;
}
