import type { LogRowBody, OperationBody } from '@freeflow/contract/http';
import { Accordion, Group, Text } from '@mantine/core';
import { Section } from '../../parts/section';
import { StateBadge } from '../../parts/status-badge';
import { Time } from '../../parts/time';
import { OperationDetails } from './operation-details';
import { operationHeading } from './operation-heading';

interface Props {
  operations: readonly OperationBody[];
  rowsOf: (operation: OperationBody) => readonly LogRowBody[];
}

/** What was asked for before, each to be opened. */
export const EarlierOperations = ({ operations, rowsOf }: Props) => (
  <Section title="Earlier operations">
    <Accordion variant="default" chevronPosition="left" order={3}>
      {operations.map((it) => (
        <Accordion.Item key={it.id} value={it.id}>
          <Accordion.Control>
            <Group justify="space-between" wrap="nowrap">
              <Group gap="xs">
                <Text size="sm">{operationHeading(it.kind)}</Text>
                <StateBadge state={it.state} />
              </Group>
              <Text size="sm" c="dimmed">
                <Time at={it.requestedAt} isAlone={false} />
              </Text>
            </Group>
          </Accordion.Control>
          <Accordion.Panel>
            <OperationDetails operation={it} rows={rowsOf(it)} />
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  </Section>
);
