import type { AuditEventBody } from '@freeflow/contract/http';
import { Table } from '@mantine/core';
import { useState } from 'react';
import { AuditRow } from './audit-row';

/** Rows of the trail; each opens to all that is known of it. */
export function AuditTable({ rows }: { rows: readonly AuditEventBody[] }) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) =>
    setOpen((before) => (before.has(id) ? new Set([...before].filter((it) => it !== id)) : new Set([...before, id])));
  return (
    <Table.ScrollContainer minWidth={1000}>
      <Table highlightOnHover verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={36} aria-label="Details" />
            <Table.Th>Time</Table.Th>
            <Table.Th>Actor</Table.Th>
            <Table.Th>Action</Table.Th>
            <Table.Th>Tenant</Table.Th>
            <Table.Th>Outcome</Table.Th>
            <Table.Th>Detail</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <AuditRow key={row.id} row={row} isOpen={open.has(row.id)} onToggle={() => toggle(row.id)} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
