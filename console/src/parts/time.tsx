import { Text, Tooltip } from '@mantine/core';
import { localTime, relativeTime, utcTime } from './time-text';
import { useNow } from './use-now';

interface Props {
  at: string;
  form?: 'relative' | 'absolute';
  /** Whether one comes to it by keyboard; not where it is a part of something that one comes to. */
  isAlone?: boolean;
}

/** A moment: where one is, how long ago, and by the servers' clock when one points at it. */
export function Time({ at, form = 'relative', isAlone = true }: Props) {
  const now = useNow();
  const moment = new Date(at);
  const texts = { relative: relativeTime(moment, now), absolute: localTime(moment) };
  return (
    <Tooltip label={form === 'relative' ? `${texts.absolute} · ${utcTime(moment)}` : utcTime(moment)}>
      <Text component="time" dateTime={at} inherit {...(isAlone ? { tabIndex: 0 } : {})}>
        {texts[form]}
      </Text>
    </Tooltip>
  );
}
