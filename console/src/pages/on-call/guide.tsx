import { BACKENDS, BACKEND_KINDS } from '@freeflow/contract';
import { Box, Button, Loader, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Paragraphs } from './runbook';
import { RunbookText } from './runbook-text';
import type { WaitingGroup } from './waiting';

/** The runbook as it was when this page was built: there when nothing else can be reached. */
async function loadRunbook(): Promise<Paragraphs> {
  const [{ readParagraphs }, { default: text }] = await Promise.all([
    import('./runbook'),
    import('../../../../docs/runbook.md?raw'),
  ]);
  return readParagraphs(text);
}

/** Where the runbook tells of what waits for no answer. */
const ABOUT = {
  parked: undefined,
  'not-started': 'sweep',
  'run-gone': 'sweep',
  'run-fails': 'run-fails',
  'run-unattended': 'alert-runs-without-workers',
  'overdue-purge': 'sweep',
  'overdue-retire': 'alert-retire-overdue',
} as const satisfies Record<WaitingGroup['why'], string | undefined>;

/** What the runbook says of a cause and of a step, beside what waits for them. */
export function Guide({ group: { why, step, causeClass } }: { group: WaitingGroup }) {
  const { data, isError } = useQuery({ queryKey: ['runbook'], queryFn: loadRunbook, staleTime: Infinity });
  const [opened, setOpened] = useState<readonly string[]>([]);
  if (isError) return <Text size="sm">The runbook could not be loaded. It is docs/runbook.md of this version.</Text>;
  if (data === undefined) return <Loader size="xs" aria-label="Loading the runbook" />;
  const first = [causeClass, ABOUT[why], step?.replace('.', '-')].filter((it) => it !== undefined && data.has(it));
  const backend = BACKEND_KINDS.find((kind) => step?.startsWith(`${kind}.`));
  const atServer = backend === undefined ? undefined : BACKENDS[backend].title;
  const shown = [...new Set([...first, ...opened])] as string[];
  const onOpen = (anchor: string) => setOpened((before) => [...before, anchor]);
  return (
    <Box component="section" aria-label="What the runbook says">
      {shown.map((anchor) => (
        <Box key={anchor} mb="xs">
          <RunbookText blocks={data.get(anchor) ?? []} onOpen={onOpen} />
        </Box>
      ))}
      {atServer !== undefined && !shown.includes(atServer.toLowerCase()) && data.has(atServer.toLowerCase()) ? (
        <Button variant="subtle" size="compact-xs" px={0} onClick={() => onOpen(atServer.toLowerCase())}>
          {`How to look at ${atServer}`}
        </Button>
      ) : null}
    </Box>
  );
}
