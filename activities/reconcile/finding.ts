import type { FindingClass } from '@freeflow/contract';
import type { Finding } from '@freeflow/contract/http';
import type { Prisma, TenantResource } from '@freeflow/db-master';
import { scrub, storable } from '@freeflow/lib/scrub';
import type { Drift } from '../../backends/backend';

type Row = Pick<TenantResource, 'kind' | 'name' | 'nonce' | 'externalId' | 'tenantId'>;

/** A finding with what is left out set to null or false; the text is scrubbed. */
export const createFinding = (its: FindingClass, what: string, more: Partial<Finding> = {}): Finding => ({
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

/** A finding about the resource of a ledger entry. */
export const createEntryFinding = (
  { kind, name, nonce, externalId, tenantId }: Row,
  its: FindingClass,
  what: string,
  more: Partial<Finding> = {},
): Finding => createFinding(its, what, { backend: kind, name, id: externalId ?? nonce, tenantId, ...more });

export const driftToFinding = (entry: Row, { what, isMissing, repair }: Drift): Finding =>
  createEntryFinding(entry, isMissing === true ? 'missing' : 'drifted', what, { fixable: repair !== undefined });

export const findingsToJson = (findings: readonly Finding[]): Prisma.InputJsonArray =>
  findings.map((it) => storable({ ...it }));
