import type { StuckListBody } from '@freeflow/contract/http';
import { Alert, Button, Center, Group, Loader, Stack, Text, Title } from '@mantine/core';
import { IconMoodSmile } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useMemo } from 'react';
import { stuckQuery } from '../../api/on-call';
import { useApi } from '../../auth/session';
import { lazyPart } from '../../parts/load-later';
import { ProblemView } from '../../parts/problem-view';
import { useBatches } from './answer-store';
import { GroupCard } from './group-card';
import { answerable } from './offers';
import { useAnswering } from './use-answering';
import { groupWaiting, listWaiting } from './waiting';

const AnswerDialog = lazyPart(async () => (await import('./later')).AnswerDialog);
const BatchCard = lazyPart(async () => (await import('./later')).BatchCard);

/** What is stuck, why, and the answers to it. */
export function OnCallPage() {
  const api = useApi();
  const { data, error } = useQuery(stuckQuery(api));
  const batches = useBatches();
  const { question, isChecking, ask, confirm, close } = useAnswering();
  const waiting = useMemo(() => listWaiting(data?.items ?? []), [data]);
  const groups = useMemo(() => groupWaiting(waiting), [waiting]);
  const retryable = answerable('retry', waiting);
  return (
    <Stack>
      <Group justify="space-between">
        <Group gap="sm">
          <Title order={1} size="h3">
            On call
          </Title>
          {waiting.length === 0 ? null : (
            <Text component="output" c="dimmed">
              {waiting.length === 1 ? '1 thing waits' : `${waiting.length} things wait`}
            </Text>
          )}
        </Group>
        {groups.length < 2 || retryable.length === 0 ? null : (
          <Button size="xs" variant="default" loading={isChecking} onClick={() => ask('retry', retryable, true)}>
            Retry everything
          </Button>
        )}
      </Group>
      {error === null ? null : <ProblemView error={error} />}
      {data === undefined ? error === null ? <Loader aria-label="Loading" /> : null : <Gaps list={data} />}
      <Suspense fallback={null}>
        {batches.map((batch) => (
          <BatchCard key={batch.id} batch={batch} />
        ))}
      </Suspense>
      {data !== undefined && waiting.length === 0 ? <AllWell isComplete={data.isComplete} /> : null}
      {groups.map((group) => (
        <GroupCard key={group.key} group={group} ask={ask} isChecking={isChecking} />
      ))}
      <Suspense fallback={null}>
        {question === null ? null : (
          <AnswerDialog question={question} isChecking={isChecking} onConfirm={confirm} onClose={close} />
        )}
      </Suspense>
    </Stack>
  );
}

/** Why the list is not all of it. */
function Gaps({ list: { notShown, notAsked } }: { list: StuckListBody }) {
  if (notShown === 0 && notAsked === 0) return null;
  return (
    <Alert color="yellow" title="This may not be all">
      {notShown > 0 ? (
        <Text size="sm">{`${notShown} more are stuck. Parked ones are shown first, the oldest before the others.`}</Text>
      ) : null}
      {notAsked > 0 ? (
        <Text size="sm">{`Temporal did not answer in time for ${notAsked} operations in progress: their runs may be gone or failing.`}</Text>
      ) : null}
    </Alert>
  );
}

function AllWell({ isComplete }: { isComplete: boolean }) {
  return (
    <Center py={64}>
      <Stack align="center" gap={4}>
        <IconMoodSmile size={56} stroke={1.4} color="var(--mantine-color-teal-6)" aria-hidden />
        <Title order={2} size="h4" mt="xs">
          {isComplete ? 'Nothing is stuck' : 'Nothing stuck was found'}
        </Title>
        <Text c="dimmed" ta="center">
          Everything goes on by itself. What gets stuck is shown here at once.
        </Text>
      </Stack>
    </Center>
  );
}
