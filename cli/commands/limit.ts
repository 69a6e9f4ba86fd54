import { EXIT, Failure } from '../failure';

/** What `--limit` says. @throws Failure where it is no number */
export function limitOf(limit: string): number {
  if (/^[1-9]\d{0,5}$/.test(limit)) return Number(limit);
  throw new Failure(
    EXIT.usage,
    `--limit ${limit} is not a number from 1 to 999999.`,
    'Leave it out for the newest 100.',
  );
}
