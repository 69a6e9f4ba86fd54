import type { OperationKind, TenantStatus } from '@freeflow/contract';
import type { Prisma, Tenant, TenantOperation } from '@freeflow/db-master';

/** Where an operation leads when it succeeds: a status, or everything gone. */
export type Goal = 'active' | 'suspended' | 'deleted' | 'gone';

interface Transition {
  from: readonly TenantStatus[];
  goal: Goal;
}

/** From where each kind of operation may begin. What the API has accepted is checked once more when its run begins. */
const TRANSITIONS: Readonly<Record<Exclude<OperationKind, 'adopt'>, Transition>> = {
  create: { from: ['provisioning'], goal: 'active' },
  suspend: { from: ['active'], goal: 'suspended' },
  resume: { from: ['suspended'], goal: 'active' },
  soft_delete: { from: ['active', 'suspended'], goal: 'deleted' },
  // Back to what it was; see goalOf.
  restore: { from: ['deleted'], goal: 'active' },
  hard_delete: { from: ['provisioning', 'active', 'suspended', 'deleting', 'deleted'], goal: 'gone' },
  // From `deleting` as well: its own run may begin again.
  purge: { from: ['deleted', 'deleting'], goal: 'gone' },
};

function transitionOf(kind: OperationKind): Transition {
  if (kind === 'adopt') throw new Error('an adoption leaves the tenant as it is: it has a runbook of its own');
  return TRANSITIONS[kind];
}

/** Why an operation that was accepted can't be done any more; the state may have changed between the two. */
export function refusalOf(
  { status, goneAt, name, purgeAt, holdUntil }: Tenant,
  { kind, force, fromStatus }: TenantOperation,
  now: Date,
): string | undefined {
  if (goneAt !== null) return `tenant ${name} is gone`;
  const { from } = transitionOf(kind);
  if (!from.includes(status))
    return `tenant ${name} is ${status}; ${kind.replace('_', ' ')} needs ${from.join(' or ')}`;
  if (kind === 'hard_delete' && status === 'active' && !force) return `tenant ${name} is active and force wasn't given`;
  // Once its run has begun it goes on, whatever changes.
  if (kind !== 'purge' || fromStatus !== null) return undefined;
  if (purgeAt === null || purgeAt > now)
    return `tenant ${name} is to be kept until ${purgeAt?.toISOString() ?? 'somebody deletes it'}`;
  if (holdUntil !== null && holdUntil > now) return `tenant ${name} is on hold until ${holdUntil.toISOString()}`;
  return undefined;
}

/** Where the operation leads. A restored tenant that was suspended when it was deleted is suspended again. */
export async function goalOf(tx: Prisma.TransactionClient, { id }: Tenant, { kind }: TenantOperation): Promise<Goal> {
  if (kind !== 'restore') return transitionOf(kind).goal;
  const deletion = await tx.tenantOperation.findFirst({
    where: { tenantId: id, kind: 'soft_delete', state: 'done', fromStatus: { not: null } },
    orderBy: { endedAt: 'desc' },
  });
  return deletion?.fromStatus === 'suspended' ? 'suspended' : 'active';
}
