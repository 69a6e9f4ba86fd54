import type { TenantBody, UpdateTenantBody } from '@freeflow/contract/http';
import { Refusal } from '../client/http';
import type { Surroundings } from './carry-out';
import { followOperation } from './follow-operation';
import { changedFields, identityChanges } from './identity-changes';
import { keyOfChange, keyOfCreate } from './keys';
import { isLeaving, openOperationOf } from './plan-entry';
import { keptBy } from './plan-pruning';
import type { Access, PlannedOf } from './planned';
import { assertStays, changedSince, Stop } from './stop';

/** What was done, in words. @throws Stop, or a Failure of the API, where it could not be */
type Done = Promise<string>;

export async function createTenant({ name, entry }: PlannedOf<'create'>, around: Surroundings): Done {
  const { tenants } = around.tools;
  const { name: _name, suspended: _suspended, ...identity } = entry;
  const { items } = await tenants.list({ name, gone: 'true' }, 2);
  const gone = items.find(({ goneAt }) => goneAt !== null)?.id;
  const accepted = await tenants.create(name, identity, { key: keyOfCreate({ name, ...identity }, gone) });
  await followOperation(accepted, around);
  if (entry.suspended !== true) return 'created';
  const seen = { id: accepted.id, status: 'active' as const, operationId: accepted.operation?.id };
  return `created, ${await changeAccess(seen, 'suspend', around)}`;
}

export async function changeTenant(planned: PlannedOf<'change'>, around: Surroundings): Done {
  const { tenant: before, patch, access, awaits } = planned;
  const done: string[] = [];
  if (awaits !== undefined) {
    await followOperation({ ...before, operation: awaits }, around);
    done.push(`its ${awaits.kind} has ended`);
  }
  const changed = patch === undefined ? undefined : await changeIdentity(planned, around);
  if (changed !== undefined) done.push(changed.message);
  const status = awaits?.kind === 'create' ? 'active' : before.status;
  const seen = { id: before.id, status, operationId: changed?.operationId ?? before.operation?.id };
  if (access !== undefined) done.push(await changeAccess(seen, access, around));
  return done.join(', ');
}

/**
 * By the ETag of a tenant that is still as it was planned: what another administrator changes in between makes it
 * another one, and is not overwritten.
 */
async function changeIdentity(
  { tenant: before, entry, patch = {}, changes, awaits }: PlannedOf<'change'>,
  around: Surroundings,
): Promise<ChangedIdentity> {
  const { tenants } = around.tools;
  const fields = changes.map(({ field }) => field).filter((it) => it !== 'suspended');
  const changed = `changed ${fields.join(', ')}`;
  const isAsWanted = (it: TenantBody) => identityChanges(entry, it).changes.length === 0;
  const { tenant: now, etag } = await tenants.getWithEtag(before.id);
  assertStays(now);
  if (isAsWanted(now)) return { message: 'changed by another already' };
  // The plan that was awaited is another one since.
  assertSameIdentity(awaits?.kind === 'change_plan' ? { ...before, plan: now.plan } : before, now);
  try {
    const updated = await tenants.update(before.id, patch, etag === undefined ? {} : { ifMatch: etag });
    return { message: changed, ...(await followPlan(updated, patch, around)) };
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'precondition-failed') throw error;
    // It may be this very change, sent again as its first answer was lost.
    const after = await tenants.get(before.id);
    if (isAsWanted(after)) return { message: changed };
    throw changedSince(changedFields(now, after));
  }
}

interface ChangedIdentity {
  message: string;
  /** The operation that has changed its plan. */
  operationId?: string;
}

/** Another plan is given by an operation: followed to its end. */
async function followPlan(
  tenant: TenantBody,
  { plan }: UpdateTenantBody,
  around: Surroundings,
): Promise<Pick<ChangedIdentity, 'operationId'>> {
  const open = openOperationOf(tenant);
  if (plan === undefined || open?.kind !== 'change_plan') return {};
  await followOperation(tenant, around);
  return { operationId: open.id };
}

/** A tenant as it was when its change was planned. */
interface Seen {
  id: string;
  status: TenantBody['status'];
  operationId: string | undefined;
}

async function changeAccess({ id, status, operationId }: Seen, access: Access, around: Surroundings): Done {
  const { tenants } = around.tools;
  const [wanted, word] = access === 'suspend' ? ['suspended', 'suspended'] : ['active', 'resumed'];
  const now = await tenants.get(id);
  assertStays(now);
  const open = openOperationOf(now);
  if (now.status === wanted && open === undefined) return `${word} by another already`;
  // One of the same kind is what is wanted: the API answers with it.
  const isAsSeen = now.status === status && now.operation?.id === operationId;
  if (!isAsSeen && open?.kind !== access) throw changedSince(['its access']);
  const accepted = await tenants.change(id, access, undefined, { key: keyOfChange(access, now) });
  const ended = await followOperation(accepted, around);
  if (ended.status !== wanted) throw changedSince(['its access']);
  return word;
}

/** Looks whether it is kept right before: a hold stops no soft delete by itself. */
export async function deleteTenant({ tenant: before }: PlannedOf<'delete'>, around: Surroundings): Done {
  const { tenants } = around.tools;
  const now = await tenants.get(before.id);
  if (isLeaving(now) && openOperationOf(now) === undefined) return 'deleted by another already';
  const kept = keptBy(now, new Date());
  if (kept !== undefined) throw new Stop('changed-since', `${kept.why} by now. Nothing was changed.`);
  assertSameIdentity(before, now);
  const isAsSeen = now.status === before.status && now.operation?.id === before.operation?.id;
  if (!isAsSeen && !isLeaving(now)) throw changedSince(['its last operation']);
  const accepted = await tenants.remove(now.id, { hard: false, force: false }, { key: keyOfChange('delete', now) });
  await followOperation(accepted, around);
  return 'soft-deleted';
}

function assertSameIdentity(before: TenantBody, now: TenantBody): void {
  const changed = changedFields(before, now);
  if (changed.length > 0) throw changedSince(changed);
}
