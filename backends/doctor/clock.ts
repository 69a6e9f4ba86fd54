import { fail, type Finding, ok, notChecked, warn } from './check';

const WARN_ABOVE_MS = 2_000;
const FAIL_ABOVE_MS = 30_000;
const ADVICE = 'Synchronize both machines with the same time servers (NTP): tokens are refused where clocks differ.';

/**
 * The time that a server reports, in ms since 1970, rounded down to the precision in ms. Undefined: it reports none.
 */
export type ServerTime = { at: number; precisionMs: number } | undefined;

/** In seconds since 1970, as tokens have it. */
export const inSeconds = (seconds: number | undefined): ServerTime =>
  seconds === undefined ? undefined : { at: seconds * 1_000, precisionMs: 1_000 };

/** By the header that HTTP servers send. */
export function dateOf({ headers }: Response): ServerTime {
  const at = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(at) ? undefined : { at, precisionMs: 1_000 };
}

/**
 * How far a server's clock is ahead of ours, in ms, negative where it is behind. At least so far: what the call itself
 * and the precision of the answer can explain is no skew.
 */
export function skewOf({ at, precisionMs }: NonNullable<ServerTime>, sentAt: number, answeredAt: number): number {
  const [least, most] = [at - answeredAt, at + precisionMs - sentAt];
  if (least > 0) return least;
  return most < 0 ? most : 0;
}

/** Reads a server's time and compares it with ours. */
export async function compareClocks(readTime: () => Promise<ServerTime>): Promise<Finding> {
  const sentAt = Date.now();
  const serverTime = await readTime();
  if (serverTime === undefined) return notChecked('the server reports no time');
  const skewMs = skewOf(serverTime, sentAt, Date.now());
  const size = Math.abs(skewMs);
  const seen = size < 100 ? 'as ours' : `${(size / 1_000).toFixed(1)} s ${skewMs > 0 ? 'ahead of' : 'behind'} ours`;
  if (size > FAIL_ABOVE_MS) return fail(seen, ADVICE);
  return size > WARN_ABOVE_MS ? warn(seen, ADVICE) : ok(seen);
}
