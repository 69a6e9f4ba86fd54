import { isStatusOperation, operationTitle, OPERATIONS, type OperationGoal } from '@freeflow/contract';
import type { Prisma, Tenant, TenantOperation } from '@freeflow/db-master';

/** Why an operation that was accepted can't be done any more; the state may have changed between the two. */
export function refusalOf(
  { status, goneAt, name, purgeAt, holdUntil }: Tenant,
  { kind, force, fromStatus }: TenantOperation,
  now: Date,
): string | undefined {
  if (goneAt !== null) return `tenant ${name} is gone`;
  const from: readonly Tenant['status'][] = OPERATIONS[kind].from;
  if (!from.includes(status)) return `tenant ${name} is ${status}; ${operationTitle(kind)} needs ${from.join(' or ')}`;
  if (kind === 'hard_delete' && status === 'active' && !force) return `tenant ${name} is active and force wasn't given`;
  // Once its run has begun it goes on, whatever changes.
  if (kind !== 'purge' || fromStatus !== null) return undefined;
  if (purgeAt === null || purgeAt > now)
    return `tenant ${name} is to be kept until ${purgeAt?.toISOString() ?? 'somebody deletes it'}`;
  if (holdUntil !== null && holdUntil > now) return `tenant ${name} is on hold until ${holdUntil.toISOString()}`;
  return undefined;
}

/**
 * Where the operation leads. A restored tenant that was suspended when it was deleted is suspended again.
 * @throws Error for a kind that leaves the tenant's status alone: it has steps of its own
 */
export async function goalOf(
  tx: Prisma.TransactionClient,
  { id }: Tenant,
  { kind }: TenantOperation,
): Promise<OperationGoal> {
  if (!isStatusOperation(kind)) throw new Error(`${operationTitle(kind)} leads nowhere: it leaves the tenant as it is`);
  if (kind !== 'restore') return OPERATIONS[kind].goals[0];
  const deletion = await tx.tenantOperation.findFirst({
    where: { tenantId: id, kind: 'soft_delete', state: 'done', fromStatus: { not: null } },
    orderBy: { endedAt: 'desc' },
  });
  return deletion?.fromStatus === 'suspended' ? 'suspended' : 'active';
}
