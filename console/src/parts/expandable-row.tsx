import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { Expander } from './expander';

interface Props {
  /** What it is a row of, for those who can't see it. */
  of: string;
  isOpen: boolean;
  onToggle: () => void;
  /** What there is beyond its cells. */
  details: ReactNode;
  /** How many cells its children are. */
  cells: number;
  children: ReactNode;
}

/** A row of a table that opens to more than is in its cells. */
export const ExpandableRow = ({ of, isOpen, onToggle, details, cells, children }: Props) => (
  <>
    <Table.Tr>
      <Table.Td>
        <Expander of={of} isOpen={isOpen} onToggle={onToggle} />
      </Table.Td>
      {children}
    </Table.Tr>
    {isOpen ? (
      <Table.Tr>
        <Table.Td />
        <Table.Td colSpan={cells}>{details}</Table.Td>
      </Table.Tr>
    ) : null}
  </>
);
