import { adviceOn, type StepFailure } from '@freeflow/contract';
import type { Prisma, TenantResource } from '@freeflow/db-master';
import type { SecretStore } from '@freeflow/lib/secrets';
import { abandonSkipped, describeSkipped, finishOperation, type SkippedSteps } from './operation-row';
import type { Rows, StepResult, Tx } from './record-step';

/** How a deletion, or the rollback of a create, ended at the backends. */
export interface GoneInput {
  rollbackReason?: StepFailure;
  skipped: SkippedSteps;
}

/**
 * Ends a tenant of which nothing is left: destroys its secrets, frees its name. A skipped drop leaves the operation
 * incomplete.
 */
export async function markGone(
  tx: Tx,
  rows: Rows,
  { rollbackReason, skipped }: GoneInput,
  secrets: SecretStore,
): Promise<StepResult<void>> {
  const { tenant } = rows;
  const leftBehind = describeSkipped(skipped);
  if (leftBehind !== undefined) {
    await abandonSkipped(tx, tenant, skipped);
    await finishOperation(tx, rows, 'incomplete', leftBehind);
    return { message: leftBehind.cause, result: undefined };
  }
  const resources = await tx.tenantResource.findMany({ where: { tenantId: tenant.id }, orderBy: { kind: 'asc' } });
  const remaining = resources.filter((it) => it.state !== 'absent' && it.state !== 'abandoned');
  if (remaining.length > 0) return reportRemaining(tx, rows, remaining, rollbackReason !== undefined);
  const secretsDestroyed = await deleteTenantRows(tx, rows, secrets);
  await tx.tenantOperation.update({
    where: { id: rows.operation.id },
    data: { evidence: { backends: resources.map(evidenceOf), secretsDestroyed } },
  });
  await finishOperation(tx, rows, rollbackReason ? 'rolled_back' : 'done', rollbackReason);
  return { message: `nothing of ${tenant.name} is left; the name is free again`, result: undefined };
}

async function reportRemaining(
  tx: Tx,
  { tenant, operation }: Rows,
  remaining: readonly TenantResource[],
  isRollback: boolean,
): Promise<StepResult<void>> {
  const cause = `${tenant.name} still has ${remaining.map((it) => `${it.kind} ${it.name} (${it.state})`).join(', ')}`;
  // The reason of a rollback is worth more than this, which is in the log.
  if (!isRollback)
    await tx.tenantOperation.update({
      where: { id: operation.id },
      data: { step: 'mark-gone', cause, advice: adviceOn('still-there') },
    });
  return { message: cause, result: undefined, failure: 'still-there' };
}

/**
 * @returns the number of secrets destroyed: last of all, since until here every drop could still prove by them what is
 * whose
 */
async function deleteTenantRows(tx: Tx, { tenant: { id }, now }: Rows, secrets: SecretStore): Promise<number> {
  // Rolled back after this, as by a crash, it is done again: nothing of the tenant is left that they could open.
  await secrets.destroyInVault(id, tx);
  await tx.tenantConnection.deleteMany({ where: { tenantId: id } });
  await tx.tenantUsage.deleteMany({ where: { tenantId: id } });
  const { count } = await tx.tenantSecret.deleteMany({ where: { tenantId: id } });
  await tx.tenant.update({ where: { id }, data: { status: 'deleted', goneAt: now, purgeAt: null } });
  return count;
}

/** How the absence of a resource was verified, for the audit. */
const evidenceOf = ({ kind, name, nonce, externalId, serverId, state, evidence }: TenantResource) =>
  ({
    kind,
    name,
    nonce,
    externalId,
    server: serverId,
    state,
    ...(evidence as Prisma.JsonObject | null),
  }) as Prisma.InputJsonObject;
