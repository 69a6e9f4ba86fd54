import { Button, Group, Loader, Paper, Stack, Text } from '@mantine/core';
import { ProblemView } from '../../parts/problem-view';
import type { Redelivering } from './use-redeliver-all';

interface Props {
  progress: Redelivering;
  onStop: () => void;
  onDismiss: () => void;
}

const WORDS = {
  running: 'So far:',
  stopped: 'Stopped; the others wait as before.',
  done: 'All that had failed:',
  failed: 'Not all of it:',
} as const satisfies Record<Redelivering['state'], string>;

/** How many deliveries go again, while more are asked for and after that. */
export function RedeliverProgress({ progress: { count, state, error }, onStop, onDismiss }: Props) {
  return (
    <Paper withBorder p="xs">
      <Stack gap="xs">
        <Group justify="space-between" wrap="nowrap">
          <Group gap="xs" component="output" wrap="nowrap">
            {state === 'running' ? <Loader size={16} aria-hidden /> : null}
            <Text size="sm">
              {`${WORDS[state]} ${count.toLocaleString()} ${count === 1 ? 'delivery goes' : 'deliveries go'} again.`}
            </Text>
          </Group>
          <Button size="compact-xs" variant="default" onClick={state === 'running' ? onStop : onDismiss}>
            {state === 'running' ? 'Stop' : 'Dismiss'}
          </Button>
        </Group>
        {error === null ? null : <ProblemView error={error} />}
      </Stack>
    </Paper>
  );
}
