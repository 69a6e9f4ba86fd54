import type { BackendKind } from '@freeflow/contract';
import type { Prisma, TenantResource } from '@freeflow/db-master';
import type { Drift } from '../../backends/backend';
import { scrub, storable } from '../../backends/scrub';

/**
 * What is wrong: the ledger says it is there and it isn't; it is ours and the ledger says nothing of it; it isn't as
 * the ledger says; an operation has no run; or nothing could be concluded.
 */
export const CLASSES = ['missing', 'orphan', 'drifted', 'stale', 'unknown'] as const;
export type Class = (typeof CLASSES)[number];

/** One thing that isn't as it should be, as the report keeps it. */
export interface Finding {
  class: Class;
  /** Null for an operation. */
  backend: BackendKind | null;
  /** What it is called at the server, or the tenant of an operation; null where it is about the whole server. */
  name: string | null;
  /** What the server calls it, or its nonce where the server has no id: what `resources drop` wants to be given. */
  id: string | null;
  tenantId: string | null;
  what: string;
  /** Whether a reconciliation with `fix` repairs it. */
  fixable: boolean;
  /** Whether this one did. */
  fixed: boolean;
}

type Row = Pick<TenantResource, 'kind' | 'name' | 'nonce' | 'externalId' | 'tenantId'>;

export const finding = (its: Class, what: string, more: Partial<Finding> = {}): Finding => ({
  class: its,
  backend: null,
  name: null,
  id: null,
  tenantId: null,
  fixable: false,
  fixed: false,
  ...more,
  what: scrub(what),
});

/** One about what a row of the ledger stands for. */
export const about = (
  { kind, name, nonce, externalId, tenantId }: Row,
  its: Class,
  what: string,
  more: Partial<Finding> = {},
): Finding => finding(its, what, { backend: kind, name, id: externalId ?? nonce, tenantId, ...more });

export const ofDifference = (entry: Row, { what, isMissing, mend }: Drift): Finding =>
  about(entry, isMissing === true ? 'missing' : 'drifted', what, { fixable: mend !== undefined });

export const asJson = (findings: readonly Finding[]): Prisma.InputJsonArray =>
  findings.map((it) => storable({ ...it }));
