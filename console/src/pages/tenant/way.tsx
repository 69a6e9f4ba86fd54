import type { LogRowBody, OperationBody } from '@freeflow/contract/http';
import { Group, Loader, Stack, Text, ThemeIcon, Timeline, Tooltip, VisuallyHidden } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconClock, IconHandStop, IconMinus } from '@tabler/icons-react';
import { useMemo, type ReactNode } from 'react';
import { durationText } from '../../parts/time-text';
import { wayOf, type Part, type Step, type StepState } from './steps';

/** What an operation has done, what it is at, and what comes next. */
export function Way({ operation, rows }: { operation: OperationBody; rows: readonly LogRowBody[] }) {
  const parts = useMemo(() => wayOf(operation, rows), [operation, rows]);
  return (
    <Timeline bulletSize={22} lineWidth={2} active={parts.length}>
      {parts.map((part) => (
        <Timeline.Item
          key={part.title}
          title={part.title}
          bullet={<PartSign part={part} />}
          styles={{ itemTitle: { fontSize: 'var(--mantine-font-size-sm)' } }}
        >
          <Stack gap={6} mt={6}>
            {part.lanes.map(({ title, steps }) => (
              <Group key={title} gap="xs" align="flex-start">
                {title === '' ? null : (
                  <Text size="sm" w={165} c="dimmed">
                    {title}
                  </Text>
                )}
                <Stack gap={4} flex={1} miw={200}>
                  {steps.map((it) => (
                    <StepLine key={it.name} step={it} />
                  ))}
                </Stack>
              </Group>
            ))}
          </Stack>
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

const SIGNS: Readonly<Record<StepState, { colour: string; text: string; icon: ReactNode }>> = {
  done: { colour: 'teal', text: 'done', icon: <IconCheck size={13} /> },
  failed: { colour: 'orange', text: 'failed, is tried again', icon: <IconAlertTriangle size={13} /> },
  parked: { colour: 'red', text: 'waits for an answer', icon: <IconHandStop size={13} /> },
  next: { colour: 'blue', text: 'at work, or next', icon: <Loader size={12} /> },
  later: { colour: 'gray', text: 'later', icon: <IconClock size={13} /> },
  'left-out': { colour: 'gray', text: 'not needed, or not come to', icon: <IconMinus size={13} /> },
};

function Sign({ state }: { state: StepState }) {
  const { colour, text, icon } = SIGNS[state];
  return (
    <>
      <ThemeIcon variant="light" color={colour} size={20} radius="xl" aria-hidden>
        {icon}
      </ThemeIcon>
      <VisuallyHidden>{text}</VisuallyHidden>
    </>
  );
}

/** The worst of a part stands for it. */
const WORST: readonly StepState[] = ['parked', 'failed', 'next', 'later', 'done', 'left-out'];

function PartSign({ part: { lanes } }: { part: Part }) {
  const states = new Set(lanes.flatMap(({ steps }) => steps.map(({ state }) => state)));
  const state = WORST.find((it) => states.has(it)) ?? 'later';
  return <Sign state={state} />;
}

function StepLine({ step: { name, title, state, attempts, durationMs, message } }: { step: Step }) {
  const quiet = state === 'later' || state === 'left-out';
  return (
    <div>
      <Group gap={8} wrap="nowrap">
        <Sign state={state} />
        <Tooltip label={name}>
          <Text size="sm" c={quiet ? 'dimmed' : undefined}>
            {title}
          </Text>
        </Tooltip>
        {attempts === 0 ? null : (
          <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
            {durationText(durationMs)}
            {attempts > 1 ? ` · ${attempts} attempts` : ''}
          </Text>
        )}
      </Group>
      {message === null || quiet ? null : (
        <Text size="xs" c={state === 'done' ? 'dimmed' : undefined} pl={28} style={{ overflowWrap: 'anywhere' }}>
          {message}
        </Text>
      )}
    </div>
  );
}
