import type { TenantBody } from '@freeflow/contract/http';
import { labelsText, protectionWords } from './identity';
import { statusOf } from './outcome';
import { inColumns } from './table';
import { titleOf } from './tenant-details';
import { age } from './time';

/** A column; an optional one is left out where no tenant has anything in it. */
interface Column {
  head: string;
  isOptional?: boolean;
  of: (tenant: TenantBody) => string;
}

const COLUMNS: readonly Column[] = [
  { head: 'NAME', of: ({ name }) => name },
  { head: 'STATUS', of: (it) => [statusOf(it).replace(/ \(.*/, ''), ...protectionWords(it)].join(', ') },
  { head: 'AGE', of: ({ createdAt }) => age(createdAt) },
  { head: 'LAST OPERATION', of: ({ operation }) => (operation === null ? 'none' : titleOf(operation)) },
  { head: 'ID', of: ({ id }) => id },
  { head: 'DISPLAY NAME', isOptional: true, of: ({ displayName }) => displayName ?? '' },
  { head: 'EXTERNAL ID', isOptional: true, of: ({ externalId }) => externalId ?? '' },
  { head: 'LABELS', isOptional: true, of: labelsText },
  { head: 'CAUSE', of: ({ operation }) => operation?.cause ?? '' },
];

const WIDEST = 30;

/** Tenants, a line each. */
export function tenantTable(tenants: readonly TenantBody[], columns: number | undefined): string {
  // In a pipe lines stay whole.
  const fit = (text: string, { isOptional = false }: Column) =>
    isOptional && columns !== undefined && text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text;
  const shown = COLUMNS.filter((column) => column.isOptional !== true || tenants.some((it) => column.of(it) !== ''));
  return inColumns(
    shown.map(({ head }) => head),
    tenants.map((tenant) => shown.map((column) => fit(column.of(tenant), column))),
    columns,
  );
}
