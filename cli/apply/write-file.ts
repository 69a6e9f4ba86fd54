import type { TenantBody, TenantEntry } from '@freeflow/contract/http';
import { stringify } from 'yaml';

/** Tenants as `apply` reads them: what is set, and nothing else; in one order, so that two exports can be compared. */
export function entriesOf(tenants: readonly TenantBody[]): TenantEntry[] {
  return tenants.map(entryOf).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function entryOf({ name, displayName, externalId, labels, deletionProtected, status }: TenantBody): TenantEntry {
  const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    name,
    ...(displayName === null ? {} : { displayName }),
    ...(externalId === null ? {} : { externalId }),
    ...(sorted.length === 0 ? {} : { labels: Object.fromEntries(sorted) }),
    ...(deletionProtected ? { deletionProtected } : {}),
    ...(status === 'suspended' ? { suspended: true } : {}),
  };
}

/** Whether it has a place in the file: it is there, or about to be, and not on its way out. */
export const isExported = ({ status }: Pick<TenantBody, 'status'>): boolean =>
  status === 'active' || status === 'suspended' || status === 'provisioning';

/**
 * The file as a text.
 * @param schemaUrl where editors find what it may say
 */
export const fileOf = (entries: readonly TenantEntry[], schemaUrl: string): string =>
  `# yaml-language-server: $schema=${schemaUrl}\n${stringify({ tenants: entries }, { lineWidth: 0, aliasDuplicateObjects: false })}`;
