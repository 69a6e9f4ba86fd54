import type { TenantResource } from '@freeflow/db-master';
import type { Inspection } from '../../backends/backend';
import type { Ledger } from '../ledger';

/**
 * Whether the one unanswered call has had its one effect, so that it can have no other later on. The ledger names the
 * effect only where nothing else of ours can have done the same: what was made with the nonce, or was there and is
 * gone, is that call's work.
 */
function hasHadEffect({ callEffect, externalId }: TenantResource, found: Inspection): boolean {
  if (callEffect === 'create') return found.state === 'ours' && found.partial === undefined;
  // Without its id on record a resource that was renamed would look as if it were gone.
  return callEffect === 'drop' && found.state === 'absent' && externalId !== null;
}

/** The entry, without its unanswered call once that has had its effect. */
export const clearCallOnceDone = async <E extends TenantResource>(
  ledger: Ledger,
  entry: E,
  found: Inspection,
): Promise<E> => (hasHadEffect(entry, found) ? ledger.recordEffectSeen(entry) : entry);
