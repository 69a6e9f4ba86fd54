import { rowOf } from './operations/derived';
import type { OperationKind } from './operations/kinds';

/** What an administrator has set on a tenant so that it is not deleted. */
export interface Protection {
  readonly deletionProtected: boolean;
  readonly holdUntil: Date | null;
}

/** What forbids a deletion, by the code of its problem. */
export type ProtectedBy = 'deletion-protected' | 'on-hold';

/**
 * What forbids this kind of operation on a tenant; undefined where nothing does. A hold keeps the data: nothing drops
 * it until then. Protection keeps the tenant as a whole: no deletion, not even one that could be restored.
 * @param now by the master database
 */
export function findProtection(
  kind: OperationKind,
  { deletionProtected, holdUntil }: Protection,
  now: Date,
): ProtectedBy | undefined {
  const goals: readonly string[] = rowOf(kind).goals;
  const isForGood = goals.includes('gone');
  if (deletionProtected && (isForGood || goals.includes('deleted'))) return 'deletion-protected';
  return isForGood && holdUntil !== null && holdUntil > now ? 'on-hold' : undefined;
}

/** Whether anything could forbid this kind of operation: whether it is a deletion. */
export const canBeForbidden = (kind: OperationKind): boolean =>
  findProtection(kind, { deletionProtected: true, holdUntil: null }, new Date(0)) !== undefined;
