import { isOpenState } from '@freeflow/contract';
import type { LogRowBody, OperationBody } from '@freeflow/contract/http';
import { Alert, Anchor, Group, Stack, Text } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { Person } from '../../parts/person';
import { Time } from '../../parts/time';
import { durationText } from '../../parts/time-text';
import { useNow } from '../../parts/use-now';
import { useSettings } from '../../settings';
import { Way } from './way';

/** Who has asked for an operation, how it goes, and where more is to be seen of it. */
export function OperationDetails({ operation, rows }: { operation: OperationBody; rows: readonly LogRowBody[] }) {
  return (
    <Stack gap="sm">
      <Group gap="md">
        <Text size="sm" c="dimmed">
          Asked for <Time at={operation.requestedAt} /> by <Person subject={operation.requestedBy} />
        </Text>
        <Lasted operation={operation} />
        <Links operation={operation} />
      </Group>
      <Trouble operation={operation} />
      <Way operation={operation} rows={rows} />
    </Stack>
  );
}

/** How long it took, or has been taking. */
function Lasted({ operation: { startedAt, endedAt } }: { operation: OperationBody }) {
  const now = useNow();
  if (startedAt === null) return null;
  const end = endedAt === null ? now : new Date(endedAt);
  const text = durationText(Math.max(0, end.getTime() - new Date(startedAt).getTime()));
  return (
    <Text size="sm" c="dimmed">
      {endedAt === null ? `for ${text} now` : `took ${text}`}
    </Text>
  );
}

/** What keeps it from going on, or has made it end otherwise than it should. */
function Trouble({ operation: { state, parked, step, cause, advice } }: { operation: OperationBody }) {
  if (parked.length > 0)
    return parked.map((it) => (
      <Alert key={it.step} color="red" title={`${it.step} waits for an answer`}>
        <Text size="sm">{it.cause}</Text>
        <Text size="sm">{it.advice}</Text>
        <Text size="xs" mt={4}>
          Since <Time at={it.since} />
        </Text>
      </Alert>
    ));
  if (cause === null) return null;
  return (
    <Alert color={isOpenState(state) ? 'yellow' : 'gray'} title={step === null ? 'Why' : step}>
      <Text size="sm">{cause}</Text>
      {advice === null ? null : <Text size="sm">{advice}</Text>}
    </Alert>
  );
}

/** Where the same can be seen from inside. */
function Links({ operation: { run, traceId } }: { operation: OperationBody }) {
  const { traceUrl } = useSettings();
  const links = [
    { title: 'Run in Temporal', url: run.url },
    { title: 'Trace', url: traceUrl === null || traceId === null ? null : traceUrl.replace('{traceId}', traceId) },
  ];
  return links.map(({ title, url }) =>
    url === null ? null : (
      <Anchor key={title} href={url} target="_blank" rel="noreferrer" size="sm">
        {title} <IconExternalLink size={13} aria-label="opens another page" />
      </Anchor>
    ),
  );
}
