import { Text, Tooltip } from '@mantine/core';
import { useNow } from './use-now';

const SPANS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** How long ago, or in how long: `3 minutes ago`. */
function relativeTime(at: Date, now: Date): string {
  const seconds = (at.getTime() - now.getTime()) / 1_000;
  for (const [unit, length] of SPANS)
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  return Math.abs(seconds) < 5 ? 'now' : relative.format(Math.round(seconds), 'second');
}

/** In the zone of whoever looks. */
const localTime = (at: Date): string => absolute.format(at);

/** As logs and servers write it. */
const utcTime = (at: Date): string => `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** A moment: where it is, how long ago, and by the servers' clock when one asks. */
export function Time({ at, form = 'relative' }: { at: string; form?: 'relative' | 'absolute' }) {
  const now = useNow();
  const moment = new Date(at);
  const texts = { relative: relativeTime(moment, now), absolute: localTime(moment) };
  return (
    <Tooltip label={form === 'relative' ? `${texts.absolute} · ${utcTime(moment)}` : utcTime(moment)}>
      <Text component="time" dateTime={at} inherit tabIndex={0}>
        {texts[form]}
      </Text>
    </Tooltip>
  );
}
