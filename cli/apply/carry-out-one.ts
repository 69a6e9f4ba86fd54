import type { TenantBody } from '@freeflow/contract/http';
import { Refusal } from '../client/http';
import { EXIT, Failure } from '../failure';
import { follow } from '../follow';
import { pastable } from '../invocation';
import { outcomeOf } from '../show/outcome';
import type { Result, Surroundings, Work } from './carry-out';
import { changedFields, identityChanges } from './identity-changes';
import { keyOfChange, keyOfCreate } from './keys';
import { keptBy } from './plan-pruning';
import type { Access, PlannedOf } from './planned';

/** Ends the work on one tenant. */
class Stop extends Error {
  constructor(
    readonly outcome: Result['outcome'],
    message: string,
  ) {
    super(message);
  }
}

/** Does what is planned for one tenant, and follows it to its end. Throws nothing that is about this tenant alone. */
export async function carryOutOne(work: Work, around: Surroundings): Promise<Result> {
  const { name, action } = work;
  const startedAt = performance.now();
  const end = (outcome: Result['outcome'], message: string): Result => ({
    name,
    action,
    outcome,
    message,
    tookMs: Math.round(performance.now() - startedAt),
  });
  around.progress.begun(work);
  try {
    return end('done', await DO[action](work as never, around));
  } catch (error) {
    if (around.signal.aborted) return end('not-begun', 'followed no longer; what was accepted goes on');
    if (error instanceof Stop) return end(error.outcome, error.message);
    if (!(error instanceof Failure)) throw error;
    const outcome = error.exitCode === EXIT.unreachable ? 'unreachable' : 'refused';
    return end(
      outcome,
      `${error.message} ${pastable(error.advice.replaceAll(/\bNAME\b/g, name), around.tools.freeflow)}`,
    );
  }
}

const DO = { create: createTenant, change: changeTenant, delete: deleteTenant } as const satisfies {
  [A in Work['action']]: (work: PlannedOf<A>, around: Surroundings) => Promise<string>;
};

async function createTenant({ name, entry }: PlannedOf<'create'>, around: Surroundings): Promise<string> {
  const { tenants } = around.tools;
  const { name: _name, suspended: _suspended, ...identity } = entry;
  const { items } = await tenants.list({ name, gone: 'true' }, 2);
  const gone = items.find(({ goneAt }) => goneAt !== null)?.id;
  const accepted = await tenants.create(name, identity, { key: keyOfCreate({ name, ...identity }, gone) });
  const created = await followToEnd(accepted, around);
  if (entry.suspended !== true) return 'created';
  await changeAccess(created, 'suspend', around);
  return 'created, suspended';
}

async function changeTenant(planned: PlannedOf<'change'>, around: Surroundings): Promise<string> {
  const { tenant: before, patch, access, awaits } = planned;
  const done: string[] = [];
  if (awaits !== undefined) {
    await followToEnd({ ...before, operation: awaits }, around);
    done.push(`its ${awaits.kind} has ended`);
  }
  if (patch !== undefined) done.push(await changeIdentity(planned, around));
  if (access !== undefined) {
    const { tenant: now } = await around.tools.tenants.getWithEtag(before.id);
    assertSameStatus(awaits === undefined ? before.status : 'active', now);
    await changeAccess(now, access, around);
    done.push(access === 'suspend' ? 'suspended' : 'resumed');
  }
  return done.join(', ');
}

/**
 * By the ETag of a tenant that is still as it was planned: what another administrator changes in between makes it
 * another one, and is not overwritten.
 * @returns what was done
 */
async function changeIdentity(
  { tenant: before, entry, patch = {}, changes }: PlannedOf<'change'>,
  { tools: { tenants } }: Surroundings,
): Promise<string> {
  const fields = changes.map(({ field }) => field).filter((it) => it !== 'suspended');
  const changed = `changed ${fields.join(', ')}`;
  const isAsWanted = (it: TenantBody) => identityChanges(entry, it).changes.length === 0;
  const { tenant: now, etag } = await tenants.getWithEtag(before.id);
  if (isAsWanted(now)) return 'changed by another already';
  assertSame(before, now);
  try {
    await tenants.update(before.id, patch, etag === undefined ? {} : { ifMatch: etag });
    return changed;
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'precondition-failed') throw error;
    // It may be this very change, sent again as its first answer was lost.
    const { tenant: after } = await tenants.getWithEtag(before.id);
    if (isAsWanted(after)) return changed;
    throw changedSince(changedFields(now, after));
  }
}

async function deleteTenant({ tenant: before }: PlannedOf<'delete'>, around: Surroundings): Promise<string> {
  const { tenants } = around.tools;
  const { tenant: now } = await tenants.getWithEtag(before.id);
  const kept = keptBy(now, new Date());
  if (kept !== undefined) throw new Stop('changed-since', `it is ${kept.why} by now. Nothing was changed.`);
  assertSame(before, now);
  assertSameStatus(before.status, now);
  const accepted = await tenants.remove(now.id, { hard: false, force: false }, { key: keyOfChange('delete', now) });
  await followToEnd(accepted, around);
  return 'soft-deleted';
}

async function changeAccess(tenant: TenantBody, access: Access, around: Surroundings): Promise<void> {
  const { tenants } = around.tools;
  const key = keyOfChange(access, tenant);
  await followToEnd(await tenants.change(tenant.id, access, undefined, { key }), around);
}

function assertSame(before: TenantBody, now: TenantBody): void {
  const changed = changedFields(before, now);
  if (changed.length > 0) throw changedSince(changed);
}

function assertSameStatus(before: TenantBody['status'], now: TenantBody): void {
  if (now.status !== before) throw changedSince(['status']);
}

const changedSince = (fields: readonly string[]): Stop =>
  new Stop(
    'changed-since',
    `changed since it was planned (${fields.join(', ')}). Nothing was overwritten; apply again to see what is left.`,
  );

/** @throws Stop where it has not ended as it should */
async function followToEnd(tenant: TenantBody, { tools, progress, signal }: Surroundings): Promise<TenantBody> {
  const { id, name, operation } = tenant;
  if (operation === null) return tenant;
  const news = tools.newsOf(id, signal);
  try {
    const seen = await follow(
      tools.followed,
      { tenantId: id, operationId: operation.id, news, signal },
      progress.viewerOf(name),
    );
    const { state } = seen.operation;
    if (state === 'done') return seen.tenant;
    const outcome = state === 'parked' ? 'parked' : state === 'rolled_back' ? 'rolled-back' : 'refused';
    throw new Stop(outcome, outcomeOf(seen.tenant, seen.operation, undefined, tools.freeflow));
  } finally {
    news.close();
  }
}
