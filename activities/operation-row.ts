import {
  ADVICE_ON_CUT,
  interruptedBy,
  isDeletion,
  operationTitle,
  type BackendKind,
  type EndedState,
  type OperationKind,
  type StepFailure,
} from '@freeflow/contract';
import { Prisma, type Tenant, type TenantOperation } from '@freeflow/db-master';
import type { Rows, Tx } from './record-step';

/** Why an operation is rolled back, or refused, for a forced deletion of the same tenant. */
export const INTERRUPTED: StepFailure = {
  step: 'interrupted',
  cause: 'a forced deletion was requested',
  advice: 'The deletion goes on by itself.',
};

/** The same for an operation of this kind. */
export const interruptionFor = (kind: OperationKind): StepFailure =>
  isDeletion(kind)
    ? INTERRUPTED
    : {
        step: 'interrupted',
        cause: `a ${operationTitle(kind)} was requested`,
        advice: ADVICE_ON_CUT,
      };

/** Why an operation whose last run was terminated during its rollback is rolled back. */
export const readRollbackReason = ({
  step,
  cause,
  advice,
}: Pick<TenantOperation, 'step' | 'cause' | 'advice'>): StepFailure => ({
  step: step ?? 'begin',
  cause: cause ?? 'unknown',
  advice: advice ?? '',
});

/** Ends an operation; what is parked is forgotten. */
export async function finishOperation(
  tx: Tx,
  { operation, now, ended }: Pick<Rows, 'operation' | 'now' | 'ended'>,
  state: EndedState,
  reason?: StepFailure,
): Promise<void> {
  const { step = null, cause = null, advice = null } = reason ?? {};
  await tx.tenantOperation.update({
    where: { id: operation.id },
    data: { state, parked: Prisma.DbNull, step, cause, advice, endedAt: now },
  });
  ended.push({ operation, outcome: state, at: now });
}

/** The columns of an operation from the moment on at which this run works on it. */
export const claimedBy = (operation: TenantOperation, runId: string, now: Date) => ({
  startedAt: operation.startedAt ?? now,
  ...(operation.runId === runId ? {} : { runId, runs: { increment: 1 }, lastRunAt: now }),
});

/** The kind of an operation of the same tenant that waits for this one to make room. */
export async function findInterrupter(
  tx: Tx,
  { id, tenantId, kind }: Pick<TenantOperation, 'id' | 'tenantId' | 'kind'>,
): Promise<OperationKind | undefined> {
  const others = await tx.tenantOperation.findMany({
    where: { tenantId, endedAt: null, id: { not: id } },
    select: { kind: true, force: true },
    orderBy: { createdAt: 'desc' },
  });
  return others.find((it) => interruptedBy(it.kind, it.force).includes(kind))?.kind;
}

/**
 * Ends the other operations of these kinds, which have no run any more: the deletion drops all that they have created,
 * by the ledger; what cuts off cuts off what they have left. An adoption creates nothing, and has a run of its own.
 */
export async function interruptOthers(
  tx: Tx,
  { operation: { id, tenantId, kind, force }, now, ended }: Pick<Rows, 'operation' | 'now' | 'ended'>,
): Promise<void> {
  const outcome = isDeletion(kind) ? 'rolled_back' : 'incomplete';
  const others = await tx.tenantOperation.updateManyAndReturn({
    where: { tenantId, endedAt: null, id: { not: id }, kind: { in: [...interruptedBy(kind, force)] } },
    data: { state: outcome, parked: Prisma.DbNull, ...interruptionFor(kind), endedAt: now },
    select: { id: true, tenantId: true, kind: true, createdAt: true, traceparent: true },
  });
  for (const operation of others) ended.push({ operation, outcome, at: now });
}

/** The reasons of skipped steps, by step. */
export type SkippedSteps = Readonly<Record<string, string>>;

const DROP_AGAIN = 'The name stays taken. Another hard delete tries again to remove what is left.';

/** Why an operation is incomplete: what its skipped steps leave behind; undefined where none was skipped. */
export function describeSkipped(skipped: SkippedSteps, advice = DROP_AGAIN): StepFailure | undefined {
  const [first] = Object.keys(skipped);
  if (first === undefined) return undefined;
  const steps = Object.entries(skipped).map(([step, reason]) => `${step} skipped (${reason})`);
  return {
    step: first,
    cause: `left behind: ${steps.join(', ')}`,
    advice,
  };
}

/** Marks the resources of skipped drops as abandoned. */
export async function abandonSkipped(tx: Tx, { id }: Tenant, skipped: SkippedSteps): Promise<void> {
  for (const [step, reason] of Object.entries(skipped)) {
    const kind = step.split('.')[0] as BackendKind;
    await tx.tenantResource.updateMany({
      where: { tenantId: id, kind },
      data: { state: 'abandoned', evidence: { found: `skipped: ${reason}`, checks: [] } },
    });
  }
}
