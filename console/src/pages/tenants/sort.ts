import type { TenantBody } from '@freeflow/contract/http';

/** What the rows of a page can be ordered by; else they are as the API gives them, newest first. */
export const SORTS = ['name', '-name', 'status', '-status', 'operation', '-operation', 'created', '-created'] as const;
export type Sort = (typeof SORTS)[number];
export type Column = 'name' | 'status' | 'operation' | 'created';

const TEXT_OF: Readonly<Record<Column, (tenant: TenantBody) => string>> = {
  name: ({ name }) => name,
  status: ({ status }) => status,
  operation: ({ operation }) => (operation === null ? '' : `${operation.state} ${operation.kind}`),
  created: ({ createdAt }) => createdAt,
};

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** The rows of one page in this order; those that are equal stay as they were. */
export function sortTenants(tenants: readonly TenantBody[], sort: Sort | undefined): readonly TenantBody[] {
  if (sort === undefined) return tenants;
  const { column, direction } = partsOf(sort);
  return tenants.toSorted((one, other) => direction * compare(TEXT_OF[column](one), TEXT_OF[column](other)));
}

/** What comes after a click on the head of a column: up, down, and as it was. */
export function nextSort(current: Sort | undefined, column: Column): Sort | undefined {
  if (current === column) return `-${column}`;
  return current === `-${column}` ? undefined : column;
}

/** As the head of a column says it. */
export function sortOf(current: Sort | undefined, column: Column): 'ascending' | 'descending' | 'none' {
  if (current === column) return 'ascending';
  return current === `-${column}` ? 'descending' : 'none';
}

function partsOf(sort: Sort): { column: Column; direction: 1 | -1 } {
  const isDown = sort.startsWith('-');
  return { column: (isDown ? sort.slice(1) : sort) as Column, direction: isDown ? -1 : 1 };
}
