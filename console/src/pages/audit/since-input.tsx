import { Button, Group, TextInput } from '@mantine/core';
import { localMoment } from '../../parts/local-moment';

const HOUR_MS = 3_600_000;
const AGES = [
  { text: '1 h', name: 'the last hour', ms: HOUR_MS },
  { text: '24 h', name: 'the last 24 hours', ms: 24 * HOUR_MS },
  { text: '7 d', name: 'the last 7 days', ms: 7 * 24 * HOUR_MS },
] as const;

/** A moment from which on the trail is shown: in the viewer's zone, as the address has it in UTC. */
export function SinceInput({ since, onChange }: { since: string | undefined; onChange: (since?: string) => void }) {
  const shown = since === undefined ? '' : localMoment(new Date(since));
  return (
    <Group gap={4} align="flex-end" wrap="nowrap">
      <TextInput
        label="Since"
        type="datetime-local"
        size="xs"
        // Read when it is left: while it is typed it is many moments, and most of them none.
        key={since ?? ''}
        defaultValue={shown}
        // By what is shown, which has no seconds: leaving it as it is changes nothing.
        onBlur={({ currentTarget: { value } }) => {
          if (value !== shown) onChange(value === '' ? undefined : new Date(value).toISOString());
        }}
      />
      <Button.Group>
        {AGES.map(({ text, name, ms }) => (
          <Button
            key={text}
            variant="default"
            size="xs"
            px={8}
            aria-label={`${text}: only ${name}`}
            onClick={() => onChange(new Date(Date.now() - ms).toISOString())}
          >
            {text}
          </Button>
        ))}
      </Button.Group>
    </Group>
  );
}
