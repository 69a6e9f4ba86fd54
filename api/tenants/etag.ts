import { createHash } from 'node:crypto';
import type { TenantBody } from '@freeflow/contract/http';
import { Problem } from '../errors';

/** What PATCH and hold change. */
export type Identity = Pick<
  TenantBody,
  'displayName' | 'externalId' | 'labels' | 'plan' | 'deletionProtected' | 'holdUntil' | 'holdReason'
>;

/**
 * Stands for what PATCH and hold change, and for nothing else: that a step is done meanwhile is no reason to refuse
 * what an administrator has decided. Strong, as If-Match compares no weak ones.
 */
export function etagOf(tenant: Identity): string {
  const { displayName, externalId, labels, plan, deletionProtected, holdUntil, holdReason } = tenant;
  const content = [displayName, externalId, sortLabels(labels), plan, deletionProtected, holdUntil, holdReason];
  return `"${createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22)}"`;
}

/** Labels in one order: which was given first means nothing. */
export const sortLabels = (labels: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));

/**
 * Nothing where the caller has named no ETag, or the present one.
 * @param ifMatch as its schema lets it through
 * @throws Problem `precondition-failed`
 */
export function assertUnchanged(tenant: Identity, ifMatch: string | undefined): void {
  if (ifMatch === undefined || ifMatch === '*') return;
  // A weak one begins with W/ and so equals none of ours; no quote stands within one.
  const named = [...ifMatch.matchAll(/(?:W\/)?"[^"]*"/g)].map(([etag]) => etag);
  if (named.includes(etagOf(tenant))) return;
  throw new Problem('precondition-failed', 'Another request was faster; nothing was changed.');
}
