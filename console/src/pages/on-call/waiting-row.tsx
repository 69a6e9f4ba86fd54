import { operationTitle } from '@freeflow/contract';
import { ActionIcon, Button, Checkbox, Group, Menu, Table, Text } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { AnchorLink } from '../../parts/links';
import { Time } from '../../parts/time';
import { refusalOf } from './offers';
import type { Ask } from './use-answering';
import type { Waiting } from './waiting';

interface Props {
  waiting: Waiting;
  withCause: boolean;
  isSelected: boolean;
  onSelect: (isSelected: boolean) => void;
  ask: Ask;
}

/** One of a group. */
export function WaitingRow({ waiting, withCause, isSelected, onSelect, ask }: Props) {
  const { tenant, operation, since, cause } = waiting;
  const kind = operation === null ? 'purge' : operationTitle(operation.kind);
  const attempts = operation === null ? '' : ` · ${operation.attempts} failed`;
  return (
    <Table.Tr bg={isSelected ? 'var(--mantine-color-default-hover)' : undefined}>
      <Table.Td w={36}>
        <Checkbox
          size="xs"
          aria-label={`Select ${tenant.name}`}
          checked={isSelected}
          onChange={(event) => onSelect(event.currentTarget.checked)}
        />
      </Table.Td>
      <Table.Td>
        <AnchorLink to="/tenants/$tenantId" params={{ tenantId: tenant.id }} inherit fw={500}>
          {tenant.name}
        </AnchorLink>
        <Text size="xs" c="dimmed">
          {kind}
          {attempts}
          <Text span inherit hiddenFrom="xs">
            {' · '}
            <Time at={since} />
          </Text>
        </Text>
        {withCause ? (
          <Text size="xs" style={{ overflowWrap: 'anywhere' }}>
            {cause}
          </Text>
        ) : null}
      </Table.Td>
      <Table.Td visibleFrom="xs" style={{ whiteSpace: 'nowrap' }}>
        <Time at={since} />
      </Table.Td>
      <Table.Td>
        <Group gap={4} justify="flex-end" wrap="nowrap">
          <Button
            size="compact-xs"
            variant="default"
            disabled={refusalOf('retry', waiting) !== undefined}
            aria-label={`Retry ${tenant.name}`}
            onClick={() => ask('retry', [waiting])}
          >
            Retry
          </Button>
          <OtherAnswers waiting={waiting} ask={ask} />
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function OtherAnswers({ waiting, ask }: Pick<Props, 'waiting' | 'ask'>) {
  const { tenant, operation } = waiting;
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={24} aria-label={`More for ${tenant.name}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(['abort', 'skip'] as const).map((action) => {
          const refusal = refusalOf(action, waiting);
          return (
            <Menu.Item key={action} disabled={refusal !== undefined} onClick={() => ask(action, [waiting])}>
              {action === 'abort' ? 'Abort…' : 'Skip…'}
              {refusal === undefined ? null : <Text size="xs">{refusal}</Text>}
            </Menu.Item>
          );
        })}
        {operation?.runUrl ? (
          <Menu.Item component="a" href={operation.runUrl} target="_blank" rel="noreferrer">
            Its run in Temporal
          </Menu.Item>
        ) : null}
      </Menu.Dropdown>
    </Menu>
  );
}
