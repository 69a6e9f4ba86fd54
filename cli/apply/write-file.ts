import type { TenantBody, TenantEntry } from '@freeflow/contract/http';
import { stringify } from 'yaml';
import { isLeaving, openOperationOf } from './plan-entry';

/** Tenants as `apply` reads them: what is set, and nothing else; in one order, so that two exports can be compared. */
export function entriesOf(tenants: readonly TenantBody[]): TenantEntry[] {
  return tenants.map(entryOf).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function entryOf(tenant: TenantBody): TenantEntry {
  const { name, displayName, externalId, labels, plan, deletionProtected, status } = tenant;
  const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    name,
    ...(displayName === null ? {} : { displayName }),
    ...(externalId === null ? {} : { externalId }),
    ...(sorted.length === 0 ? {} : { labels: Object.fromEntries(sorted) }),
    ...(plan === null ? {} : { plan }),
    ...(deletionProtected ? { deletionProtected } : {}),
    ...(status === 'suspended' && openOperationOf(tenant) === undefined ? { suspended: true } : {}),
  };
}

/** Whether it has a place in the file: it is there, or about to be, and not on its way out. */
export function isExported(tenant: Pick<TenantBody, 'status' | 'operation'>): boolean {
  if (isLeaving(tenant)) return false;
  if (tenant.status !== 'provisioning') return true;
  const open = openOperationOf(tenant);
  return open !== undefined && open.state !== 'undoing';
}

/** Whether `apply` would still find something to follow, or to wait for: what it will be is not decided yet. */
export const isUnsettled = (tenant: Pick<TenantBody, 'status' | 'operation'>): boolean =>
  isExported(tenant) && openOperationOf(tenant) !== undefined;

/**
 * The file as a text.
 * @param schemaUrl where editors find what it may say
 */
export const fileOf = (entries: readonly TenantEntry[], schemaUrl: string): string =>
  `# yaml-language-server: $schema=${schemaUrl}\n${stringify({ tenants: entries }, { lineWidth: 0, aliasDuplicateObjects: false })}`;
