import { Badge, Button, Group, Paper, ScrollArea, Table, Text, Title } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { answeredQuery } from '../../api/on-call';
import { useApi } from '../../auth/session';
import { AnchorLink } from '../../parts/links';
import { Time } from '../../parts/time';
import { dismissBatch, type Batch } from './answer-store';
import { outcomeOf, summarise, type Outcome } from './outcome';

const TITLES = { retry: 'Retried', abort: 'Aborted', skip: 'Skipped' } as const satisfies Record<
  Batch['action'],
  string
>;

const COLOURS = {
  waits: 'gray',
  'goes-on': 'blue',
  mended: 'teal',
  ended: 'orange',
  'parked-again': 'red',
  refused: 'red',
} as const satisfies Record<Outcome['as'], string>;

/** What has come of an answer, tenant by tenant, as it comes. */
export function BatchCard({ batch: { id, action, at, items, note } }: { batch: Batch }) {
  const api = useApi();
  const tenants = useQueries({ queries: items.map(({ waiting }) => answeredQuery(api, waiting.tenant.id)) });
  const outcomes = items.map((it, index) => outcomeOf(action, it, tenants[index]?.data));
  return (
    <Paper withBorder p="sm" component="section" aria-label={`${TITLES[action]}: results`}>
      <Group justify="space-between" mb={4}>
        <Group gap="xs">
          <Title order={2} size="h5">
            {TITLES[action]}
          </Title>
          <Text component="output" size="sm">
            {summarise(outcomes)}
          </Text>
          <Text size="sm" c="dimmed">
            <Time at={at} />
          </Text>
        </Group>
        <Button size="compact-xs" variant="default" onClick={() => dismissBatch(id)}>
          Dismiss
        </Button>
      </Group>
      {note === undefined ? null : <Text size="sm">{note}</Text>}
      <ScrollArea.Autosize mah={260} viewportProps={{ tabIndex: 0, role: 'group', 'aria-label': 'Results' }}>
        <Table verticalSpacing={3}>
          <Table.Tbody>
            {items.map(({ waiting: { key, step, tenant } }, index) => {
              const { as, text, detail } = outcomes[index] ?? { as: 'waits', text: '' };
              return (
                <Table.Tr key={key}>
                  <Table.Td>
                    <AnchorLink to="/tenants/$tenantId" params={{ tenantId: tenant.id }} inherit>
                      {tenant.name}
                    </AnchorLink>
                    <Text size="xs" c="dimmed">
                      {step}
                    </Text>
                  </Table.Td>
                  <Table.Td w="60%">
                    <Badge variant="dot" color={COLOURS[as]} maw="none">
                      {text}
                    </Badge>
                    {detail ? (
                      <Text size="xs" style={{ overflowWrap: 'anywhere' }}>
                        {detail}
                      </Text>
                    ) : null}
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
    </Paper>
  );
}
