import type { TenantBody, TenantEntry } from '@freeflow/contract/http';
import { planEntry } from './plan-entry';
import { blockTakenExternalIds } from './plan-external-ids';
import { planPruning, type PruneScope } from './plan-pruning';
import type { Planned } from './planned';

/**
 * What is to be done so that the tenants are as the file says, in the order of the file; what is pruned comes
 * last. A field that the file leaves out stays as it is.
 * @param living all tenants that are there, or those of the names in the file where nothing is pruned
 * @param now by which holds are over or not
 */
export function planTenants(
  entries: readonly TenantEntry[],
  living: readonly TenantBody[],
  prune: PruneScope | undefined,
  now: Date,
): Planned[] {
  const byName = new Map(living.map((it) => [it.name, it]));
  const planned = entries.map((entry) => planEntry(entry, byName.get(entry.name)));
  const pruned = prune === undefined ? [] : planPruning(entries, living, prune, now);
  return blockTakenExternalIds([...planned, ...pruned], entries, living);
}
