import { decide, findProtection, situationOf, type ProblemCode } from '@freeflow/contract';
import type { TenantBody, TenantEntry } from '@freeflow/contract/http';
import { blocked, isLeaving, openOperationOf } from './plan-entry';
import type { Planned } from './planned';

/** Which tenants are soft-deleted where the file has them no more: those with all of these labels, `key:value`. */
export interface PruneScope {
  labels: readonly string[];
}

/** Without being told how many, so much of the tenants in the scope at most may be pruned. */
const MOST_SHARE = 0.1;

/** What becomes of the tenants that the file does not have. Those that are on their way out already are left out. */
export function planPruning(
  entries: readonly TenantEntry[],
  living: readonly TenantBody[],
  scope: PruneScope,
  now: Date,
): Planned[] {
  const names = new Set(entries.map(({ name }) => name));
  return living
    .filter((it) => !names.has(it.name) && isPrunable(it, scope))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((it) => planOne(it, now));
}

/** How many there are that could be pruned, be they in the file or not. */
export const countPrunable = (living: readonly TenantBody[], scope: PruneScope): number =>
  living.filter((it) => isPrunable(it, scope)).length;

function isPrunable(tenant: TenantBody, { labels }: PruneScope): boolean {
  const own = new Set(Object.entries(tenant.labels).map((it) => it.join(':')));
  return !isLeaving(tenant) && labels.every((it) => own.has(it));
}

function planOne(tenant: TenantBody, now: Date): Planned {
  const { name, status } = tenant;
  const kept = keptBy(tenant, now);
  if (kept !== undefined) return { action: 'kept', name, ...kept };
  const open = openOperationOf(tenant);
  const isRegisteredOnly = tenant.operation === null;
  const decision = decide('soft_delete', situationOf({ status, isGone: false, isRegisteredOnly }), open?.kind);
  if (decision === 'registered-only')
    return { action: 'kept', name, code: decision, why: 'registered only: there is nothing to soft-delete' };
  return decision === 'accept' || decision === 'nothing'
    ? { action: 'delete', name, tenant }
    : blocked(name, decision, open);
}

/**
 * What somebody has set so that it stays. The API refuses a soft delete for protection alone; a hold is asked for here:
 * whoever keeps data does not expect a file to cut its access.
 */
export function keptBy(
  { deletionProtected, holdUntil, holdReason }: TenantBody,
  now: Date,
): { code: ProblemCode; why: string } | undefined {
  const until = holdUntil === null ? null : new Date(holdUntil);
  const by =
    findProtection('soft_delete', { deletionProtected, holdUntil: until }, now) ??
    findProtection('purge', { deletionProtected: false, holdUntil: until }, now);
  if (by === undefined) return undefined;
  const reason = holdReason === null ? '' : `: ${holdReason}`;
  return {
    code: by,
    why: by === 'on-hold' ? `held until ${holdUntil ?? ''}${reason}` : 'protected from deletion',
  };
}

/**
 * Why so many are not pruned without being told how many: an empty file, the wrong one, or the right one at the wrong
 * installation look just like this. One may always go, unless it is the last.
 * @param most as given by `--prune-limit`
 * @returns the reason; undefined where nothing is wrong with it
 */
export function refusePruning(
  { deletions, prunable, isEmpty }: { deletions: number; prunable: number; isEmpty: boolean },
  most: number | undefined,
): string | undefined {
  if (deletions === 0) return undefined;
  const of = `${deletions} of ${prunable} tenants`;
  if (most !== undefined)
    return deletions > most ? `--prune would soft-delete ${of}, more than --prune-limit ${most}.` : undefined;
  if (isEmpty) return `The file has no tenants: --prune would soft-delete ${of}.`;
  if (deletions === prunable) return `--prune would soft-delete all ${prunable} tenants.`;
  const usual = Math.max(1, Math.floor(prunable * MOST_SHARE));
  return deletions > usual ? `--prune would soft-delete ${of}, more than a tenth.` : undefined;
}
