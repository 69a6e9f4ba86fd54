import { randomUUID } from 'node:crypto';
import { decide, situationOf } from '@freeflow/contract';
import type { Plans } from '@freeflow/contract/plans';
import type { Prisma, TenantOperation } from '@freeflow/db-master';
import { activeTraceparent } from '@freeflow/lib/tracing';
import { Problem } from '../errors';
import { isDuplicate } from './idempotency';
import { refuseOperation } from './refusals';
import type { TenantWithOperation } from './view';

/** An operation that changes the plan of a tenant: requested now, or in progress and leading there. */
export interface RequestedPlan {
  operation: TenantOperation;
  isNew: boolean;
}

/** @throws Problem `body-invalid` where there is no plan of that name */
export function assertKnownPlan(plans: Plans, name: string | null | undefined): void {
  if (name === null || name === undefined || plans.has(name)) return;
  const detail =
    plans.size === 0 ? 'there are no plans: PLANS_FILE is not set' : `must be one of ${[...plans.keys()].join(', ')}`;
  throw new Problem('body-invalid', `/plan: ${detail}`, { errors: [{ pointer: '/plan', detail }] });
}

/**
 * Inserts the operation by which a tenant, whose row is locked, gets another plan; nothing where it has that already.
 * @throws Problem any refusal of the tables of the contract
 */
export async function requestPlan(
  tx: Prisma.TransactionClient,
  tenant: TenantWithOperation,
  plan: string | null,
  requestedBy: string,
): Promise<RequestedPlan | undefined> {
  const inProgress = tenant.operations.find((it) => it.endedAt === null);
  if (inProgress?.kind === 'change_plan' && inProgress.plan === plan && !inProgress.undoing)
    return { operation: inProgress, isNew: false };
  // While it is being changed, that it has it still says nothing of what it will have.
  if (tenant.plan === plan && inProgress?.kind !== 'change_plan') return undefined;
  const { id, status } = tenant;
  const isRegisteredOnly =
    tenant.operations.length === 0 && (await tx.tenantResource.count({ where: { tenantId: id } })) === 0;
  const situation = situationOf({ status, isGone: false, isRegisteredOnly });
  const decision = decide('change_plan', situation, inProgress?.kind);
  if (decision !== 'accept' && decision !== 'nothing')
    throw refuseOperation(decision, 'change_plan', situation, inProgress?.kind);
  const data = { id: randomUUID(), tenantId: id, kind: 'change_plan', plan, requestedBy } as const;
  try {
    const operation = await tx.tenantOperation.create({ data: { ...data, traceparent: activeTraceparent() } });
    return { operation, isNew: true };
  } catch (error) {
    // Others are accepted without the lock on the tenant's row.
    if (isDuplicate(error, 'tenantId'))
      throw refuseOperation('operation-in-progress', 'change_plan', situation, undefined);
    throw error;
  }
}
