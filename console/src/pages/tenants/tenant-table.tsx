import { isOpenState } from '@freeflow/contract';
import type { TenantBody } from '@freeflow/contract/http';
import { Badge, Box, Group, Table, Text, UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowsUpDown, IconArrowUp } from '@tabler/icons-react';
import { labelTexts } from '../../parts/labels';
import { AnchorLink } from '../../parts/links';
import { KeptBadges, OperationView, StatusBadge } from '../../parts/status-badge';
import { Time } from '../../parts/time';
import { nextSort, sortOf, sortTenants, type Column, type Sort } from './sort';

interface Props {
  tenants: readonly TenantBody[];
  sort: Sort | undefined;
  onSort: (sort: Sort | undefined) => void;
}

/** One page of tenants. */
export function TenantTable({ tenants, sort, onSort }: Props) {
  const head = { sort, onSort };
  return (
    <Table highlightOnHover verticalSpacing={7} stickyHeader stickyHeaderOffset={48}>
      <Table.Caption style={{ captionSide: 'top' }} className="visually-hidden">
        Tenants
      </Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Head column="name" {...head}>
            Name
          </Head>
          <Head column="status" {...head}>
            Status
          </Head>
          <Head column="operation" {...head} visibleFrom="sm">
            Last operation
          </Head>
          <Table.Th visibleFrom="md">Labels</Table.Th>
          <Table.Th visibleFrom="lg">External id</Table.Th>
          <Head column="created" {...head} visibleFrom="xs">
            Created
          </Head>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {sortTenants(tenants, sort).map((tenant) => (
          <Row key={tenant.id} tenant={tenant} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

const ICONS = { ascending: IconArrowUp, descending: IconArrowDown, none: IconArrowsUpDown };

function Head({
  column,
  sort,
  onSort,
  visibleFrom,
  children,
}: { column: Column; children: string; visibleFrom?: string } & Pick<Props, 'sort' | 'onSort'>) {
  const direction = sortOf(sort, column);
  const Icon = ICONS[direction];
  return (
    <Table.Th aria-sort={direction} visibleFrom={visibleFrom}>
      <UnstyledButton onClick={() => onSort(nextSort(sort, column))} fz="sm" fw={600}>
        <Group gap={4} wrap="nowrap">
          {children}
          <Icon size={13} stroke={1.8} opacity={direction === 'none' ? 0.35 : 1} aria-hidden />
        </Group>
      </UnstyledButton>
    </Table.Th>
  );
}

const MOST_LABELS = 3;

function Row({ tenant }: { tenant: TenantBody }) {
  const { id, name, displayName, externalId, labels, status, goneAt, operation, createdAt } = tenant;
  const texts = labelTexts(labels);
  return (
    <Table.Tr>
      <Table.Td>
        <AnchorLink to="/tenants/$tenantId" params={{ tenantId: id }} fw={500} size="sm">
          {name}
        </AnchorLink>
        {displayName === null ? null : (
          <Text c="dimmed" size="xs" truncate maw={260}>
            {displayName}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Group gap={6}>
          <StatusBadge status={status} isGone={goneAt !== null} />
          <KeptBadges tenant={tenant} />
        </Group>
        {operation !== null && isOpenState(operation.state) ? (
          <Box hiddenFrom="sm" mt={4}>
            <OperationView operation={operation} />
          </Box>
        ) : null}
      </Table.Td>
      <Table.Td visibleFrom="sm">{operation === null ? null : <OperationView operation={operation} />}</Table.Td>
      <Table.Td visibleFrom="md">
        <Group gap={4}>
          {texts.slice(0, MOST_LABELS).map((it) => (
            <Badge key={it} variant="default" maw={180}>
              {it}
            </Badge>
          ))}
          {texts.length > MOST_LABELS ? (
            <Text size="xs" c="dimmed" title={texts.slice(MOST_LABELS).join(', ')}>
              and {texts.length - MOST_LABELS} more
            </Text>
          ) : null}
        </Group>
      </Table.Td>
      <Table.Td visibleFrom="lg">
        <Text size="sm" truncate maw={160}>
          {externalId}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="xs">
        <Text size="sm" component="div">
          <Time at={createdAt} />
        </Text>
      </Table.Td>
    </Table.Tr>
  );
}
