import { STUCK } from '@freeflow/contract';
import { Badge, Box, Button, Checkbox, Code, Group, Loader, Paper, Stack, Table, Text, Title } from '@mantine/core';
import { Suspense, useState } from 'react';
import { lazyPart } from '../../parts/load-later';
import { Time } from '../../parts/time';
import { AnswerButtons } from './answer-buttons';
import type { Ask } from './use-answering';
import type { Waiting, WaitingGroup } from './waiting';
import { WaitingRow } from './waiting-row';

const Guide = lazyPart(async () => (await import('./later')).Guide);

/** More are shown when they are asked for: hundreds of the same are answered together. */
const SHOWN_FIRST = 25;
const MOST_CAUSES = 3;

/** What waits for the same reason, with what to do about it beside it. */
export function GroupCard({ group, ask, isChecking }: { group: WaitingGroup; ask: Ask; isChecking: boolean }) {
  // As they were when they were selected: what has changed since is said before anything is done.
  const [selected, setSelected] = useState<ReadonlyMap<string, Waiting>>(new Map());
  const { key, step, why, causeClass, advice, items } = group;
  const [first] = items;
  const isSelection = selected.size > 0;
  const targets = isSelection ? ([...selected.values()] as [Waiting, ...Waiting[]]) : items;
  return (
    <Paper withBorder p="md" component="section" aria-label={`${step ?? STUCK[why].cause} ${causeClass ?? ''}`.trim()}>
      <Box className="beside">
        <Stack gap="xs">
          <Group justify="space-between" gap="xs">
            <Group gap="xs">
              <Title order={2} size="h5">
                {step === null ? STUCK[why].cause : <Code fz="inherit">{step}</Code>}
              </Title>
              {causeClass === undefined ? null : (
                <Badge variant="light" color="red">
                  {causeClass}
                </Badge>
              )}
              <Text size="sm" c="dimmed">
                {items.length} waiting · {items.length === 1 ? '' : 'oldest '}
                <Time at={first.since} />
              </Text>
            </Group>
          </Group>
          {step === null ? null : <Causes group={group} />}
          <Text size="sm" fw={500}>
            {advice}
          </Text>
          <AnswerButtons
            targets={targets}
            isSelection={isSelection}
            isChecking={isChecking}
            ask={(...answer) => {
              ask(...answer);
              setSelected(new Map());
            }}
          />
          <Rows key={key} group={group} selected={selected} setSelected={setSelected} ask={ask} />
        </Stack>
        <Suspense fallback={<Loader size="xs" aria-label="Loading the runbook" />}>
          <Guide group={group} />
        </Suspense>
      </Box>
    </Paper>
  );
}

/** In words, where there are few; else each has its own below. */
function Causes({ group: { causes, items } }: { group: WaitingGroup }) {
  if (causes.length > MOST_CAUSES) return null;
  return (
    <div>
      {causes.map(({ text, count }) => (
        <Text key={text} size="sm" style={{ overflowWrap: 'anywhere' }}>
          {text}
          {count === items.length ? null : (
            <Text span inherit c="dimmed">
              {` · ${count}`}
            </Text>
          )}
        </Text>
      ))}
    </div>
  );
}

interface RowsProps {
  group: WaitingGroup;
  selected: ReadonlyMap<string, Waiting>;
  setSelected: (selected: ReadonlyMap<string, Waiting>) => void;
  ask: Ask;
}

function Rows({ group: { items, causes }, selected, setSelected, ask }: RowsProps) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? items : items.slice(0, SHOWN_FIRST);
  const here = items.filter((it) => selected.has(it.key)).length;
  const select = (these: readonly Waiting[], isOn: boolean) => {
    const next = new Map(selected);
    for (const it of these)
      if (isOn) next.set(it.key, it);
      else next.delete(it.key);
    setSelected(next);
  };
  return (
    <>
      <Table verticalSpacing={4} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={36}>
              <Checkbox
                size="xs"
                aria-label="Select all of these"
                checked={here === items.length}
                indeterminate={here > 0 && here < items.length}
                onChange={(event) => (event.currentTarget.checked ? select(items, true) : setSelected(new Map()))}
              />
            </Table.Th>
            <Table.Th>Tenant</Table.Th>
            <Table.Th visibleFrom="xs">Since</Table.Th>
            <Table.Th ta="right">Answer</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shown.map((it) => (
            <WaitingRow
              key={it.key}
              waiting={it}
              withCause={causes.length > MOST_CAUSES}
              isSelected={selected.has(it.key)}
              onSelect={(isOn) => select([it], isOn)}
              ask={ask}
            />
          ))}
        </Table.Tbody>
      </Table>
      {shown.length < items.length ? (
        <Button variant="subtle" size="compact-sm" onClick={() => setWhole(true)} style={{ alignSelf: 'flex-start' }}>
          {`Show all ${items.length}`}
        </Button>
      ) : null}
    </>
  );
}
