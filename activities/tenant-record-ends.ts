import type { BackendKind } from '@freeflow/contract';
import type { StepFailure } from '@freeflow/contract';
import { Prisma, type Tenant, type TenantOperation } from '@freeflow/db-master';

type Tx = Prisma.TransactionClient;

/** Why an operation turns round for a deletion that was asked for with force. */
export const INTERRUPTED: StepFailure = {
  step: 'interrupted',
  cause: 'a forced deletion was asked for',
  advice: 'The deletion goes on by itself.',
};

/** What a run that was terminated while it undid has left in its operation. */
export const rollbackReasonOf = ({ step, cause, advice }: TenantOperation): StepFailure => ({
  step: step ?? 'begin',
  cause: cause ?? 'unknown',
  advice: advice ?? '',
});

/** A forced deletion of the same tenant that waits for this operation to end. */
export async function forcedDeletionBeside(
  tx: Tx,
  { id, tenantId }: TenantOperation,
): Promise<TenantOperation | undefined> {
  return (
    (await tx.tenantOperation.findFirst({
      where: { tenantId, kind: 'hard_delete', force: true, endedAt: null, id: { not: id } },
    })) ?? undefined
  );
}

/** Ends what has no run any more: the deletion drops whatever it has made, by the ledger. An adoption makes nothing, and has a run of its own. */
export async function takeOver(tx: Tx, { id, tenantId }: TenantOperation, now: Date): Promise<void> {
  await tx.tenantOperation.updateMany({
    where: { tenantId, endedAt: null, id: { not: id }, kind: { not: 'adopt' } },
    data: { state: 'rolled_back', parked: Prisma.DbNull, ...INTERRUPTED, endedAt: now },
  });
}

/** What skipped steps leave behind, in the words of the operation; nothing where none was skipped. */
export function leftBy(skipped: Readonly<Record<string, string>>): StepFailure | undefined {
  const [first] = Object.keys(skipped);
  if (first === undefined) return undefined;
  const cause = `left behind: ${Object.entries(skipped)
    .map(([step, reason]) => `${step} skipped (${reason})`)
    .join(', ')}`;
  return {
    step: first,
    cause,
    advice: 'The name stays taken. DELETE with mode=hard tries again to remove what is left.',
  };
}

/** Marks what nobody has dropped. */
export async function abandon(tx: Tx, { id }: Tenant, skipped: Readonly<Record<string, string>>): Promise<void> {
  for (const [step, reason] of Object.entries(skipped)) {
    const kind = step.split('.')[0] as BackendKind;
    await tx.tenantResource.updateMany({
      where: { tenantId: id, kind },
      data: { state: 'abandoned', evidence: { found: `skipped: ${reason}`, checks: [] } },
    });
  }
}
