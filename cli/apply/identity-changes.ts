import type { TenantBody, TenantEntry, UpdateTenantBody } from '@freeflow/contract/http';
import type { FieldChange } from './planned';

/** What an administrator sets of a tenant, and its ETag stands for. */
export type Identity = Pick<
  TenantBody,
  'displayName' | 'externalId' | 'labels' | 'plan' | 'deletionProtected' | 'holdUntil' | 'holdReason'
>;

const PLAIN = ['displayName', 'externalId', 'plan', 'deletionProtected'] as const;

/** What of it the file wants otherwise, field by field, and as PATCH takes it; what the file leaves out stays. */
export function identityChanges(
  entry: TenantEntry,
  tenant: Pick<Identity, (typeof PLAIN)[number] | 'labels'>,
): { changes: FieldChange[]; patch?: UpdateTenantBody } {
  const plain = PLAIN.flatMap((field) => {
    const to = entry[field];
    return to === undefined || to === tenant[field] ? [] : [{ field, from: tenant[field], to }];
  });
  const labels = entry.labels === undefined ? [] : labelChanges(tenant.labels, entry.labels);
  if (plain.length + labels.length === 0) return { changes: [] };
  return {
    changes: [...plain, ...labels.map(({ key, from, to }) => ({ field: `labels.${key}`, from, to }))],
    patch: {
      ...Object.fromEntries(plain.map(({ field, to }) => [field, to])),
      ...(labels.length === 0 ? {} : { labels: Object.fromEntries(labels.map(({ key, to }) => [key, to])) }),
    },
  };
}

function labelChanges(from: Readonly<Record<string, string>>, to: Readonly<Record<string, string>>) {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted();
  const [before, after] = [new Map(Object.entries(from)), new Map(Object.entries(to))];
  return keys
    .map((key) => ({ key, from: before.get(key) ?? null, to: after.get(key) ?? null }))
    .filter((it) => it.from !== it.to);
}

/** The same of a tenant that is not there yet: what it is made with. */
export function changesOfNew(entry: TenantEntry): FieldChange[] {
  const nothing = { displayName: null, externalId: null, labels: {}, plan: null, deletionProtected: false };
  const { changes } = identityChanges(entry, nothing);
  return entry.suspended === true ? [...changes, { field: 'suspended', from: null, to: true }] : changes;
}

/** Which of these fields are not the same any more. */
export const changedFields = (before: Identity, after: Identity): string[] => [
  ...([...PLAIN, 'holdUntil', 'holdReason'] as const).filter((field) => before[field] !== after[field]),
  ...(labelChanges(before.labels, after.labels).length === 0 ? [] : ['labels']),
];
