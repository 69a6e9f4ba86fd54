import type { TenantBody } from '@freeflow/contract/http';
import { follow, SupersededFailure } from '../follow';
import { outcomeOf } from '../show/outcome';
import type { Surroundings } from './carry-out';
import { openOperationOf } from './plan-entry';
import { assertStays, Stop } from './stop';

/**
 * Follows the operation of a tenant to its end, and one that has come after it unseen as well: it may be that of
 * another run with the same file.
 * @returns the tenant as it is then
 * @throws Stop where it has not ended as it should, or the tenant is being removed
 */
export async function followOperation(tenant: TenantBody, around: Surroundings): Promise<TenantBody> {
  const { id, name, operation } = tenant;
  if (operation === null) return tenant;
  const { tools, progress, signal } = around;
  const news = tools.newsOf(id, signal);
  try {
    const place = { tenantId: id, operationId: operation.id, news, signal };
    const seen = await follow(tools.followed, place, progress.viewerOf(name));
    switch (seen.operation.state) {
      case 'done':
        return seen.tenant;
      case 'requested':
      case 'running':
      case 'undoing':
        return await followNext(id, around);
      case 'parked':
      case 'rolled_back':
      case 'refused':
      case 'incomplete': {
        const { state } = seen.operation;
        const outcome = state === 'parked' ? 'parked' : state === 'rolled_back' ? 'rolled-back' : 'refused';
        throw new Stop(outcome, outcomeOf(seen.tenant, seen.operation, undefined, tools.freeflow));
      }
    }
  } catch (error) {
    if (error instanceof SupersededFailure) return await followNext(id, around);
    throw error;
  } finally {
    news.close();
  }
}

async function followNext(id: string, around: Surroundings): Promise<TenantBody> {
  const now = await around.tools.tenants.get(id);
  assertStays(now);
  return openOperationOf(now) === undefined ? now : followOperation(now, around);
}
