import type { OperationGoal, ParkedStep, StepFailure } from '@freeflow/contract';
import { SETTLING_STEPS } from '@freeflow/contract';
import { Prisma, type PrismaClient, type Tenant, type TenantOperation } from '@freeflow/db-master';
import type { SecretStore } from '@freeflow/lib/secrets';
import type { StepInput } from './attempt';
import { begin, isOver, type Begun } from './begin';
import { hasVersion } from './blueprint/tenant-files';
import { markGone, type GoneInput } from './mark-gone';
import { describeSkipped, finishOperation, readRollbackReason, type SkippedSteps } from './operation-row';
import type { RecordSettings } from './record-settings';
import { runRecordStep, type Tx } from './record-step';
import { extendRetention } from './retention';

const isSwitched = async (tx: Tx, { id, tenantId }: TenantOperation): Promise<boolean> =>
  (await tx.tenantResource.count({ where: { tenantId, rotatedBy: id } })) > 0;

const ADVICE_ON_WITHDRAWAL =
  'Nobody was given that credential. The next rotation takes it up again; a suspension cuts it off.';

/** Besides its statements, the transaction that ends a tenant waits for the vault to destroy the secrets. */
const WITH_VAULT_MS = 15_000;

/**
 * The steps that touch the master database alone, and at the very end the vault, where secrets are in one. Each is one
 * transaction under the tenant's row lock, its log row included, so that status, operation and log never disagree;
 * repeated, each finds its own effect.
 */
export function recordActivities(db: PrismaClient, settings: RecordSettings, secrets: SecretStore) {
  /** The way forward is complete. @returns the reason where the operation was rolled back before */
  const settle =
    (goal: Exclude<OperationGoal, 'gone'>) =>
    (input: StepInput): Promise<StepFailure | undefined> =>
      runRecordStep<StepFailure | undefined>(db, SETTLING_STEPS[goal], input, async (tx, rows) => {
        const { tenant, operation, now } = rows;
        if (operation.undoing)
          return { message: 'too late: the operation is being rolled back', result: readRollbackReason(operation) };
        const purgeAt = goal === 'deleted' ? new Date(now.getTime() + settings.retentionMs) : null;
        const { blueprintVersion } = operation;
        // Steps of a worker that knows no blueprint have applied none, whatever this one has begun with.
        const isApplied = blueprintVersion !== null && (await hasVersion(tx, tenant.id, blueprintVersion));
        const applied = isApplied ? { blueprintVersion } : {};
        const isOfPlan = operation.kind === 'change_plan';
        const limited = isOfPlan ? { plan: operation.plan } : {};
        await tx.tenant.update({ where: { id: tenant.id }, data: { status: goal, purgeAt, ...applied, ...limited } });
        if (isOfPlan) await forgetLimits(tx, tenant);
        await finishOperation(tx, rows, 'done');
        const ofPlan = isOfPlan ? `, its plan ${operation.plan ?? 'none'} (before: ${tenant.plan ?? 'none'})` : '';
        const kept = purgeAt === null ? '' : `; its data is kept until ${purgeAt.toISOString()}`;
        const lacking =
          isApplied || blueprintVersion === null
            ? ''
            : `, without version ${blueprintVersion} of the blueprint: a worker of an older build has taken part`;
        return { message: `${tenant.name} is ${goal}${ofPlan}${kept}${lacking}`, result: undefined };
      });

  return {
    begin: (input: StepInput): Promise<Begun> =>
      runRecordStep<Begun>(db, 'begin', input, (tx, rows, runId) => begin(tx, rows, runId, settings), {
        resultOfEnded: isOver,
      }),

    activate: settle('active'),
    suspend: settle('suspended'),
    'mark-soft-deleted': settle('deleted'),

    /**
     * From here on the operation can only be undone. @returns `done` where it is complete already, so that it can't be
     * undone any more
     */
    'start-rollback': (input: StepInput & { rollbackReason: StepFailure }): Promise<'done' | undefined> =>
      runRecordStep<'done' | undefined>(
        db,
        'start-rollback',
        input,
        async (tx, { operation }) => {
          const { step, cause, advice } = input.rollbackReason;
          // Handed out: what is left is to end those before, and nothing undoes that.
          if (operation.kind === 'rotate' && (await isSwitched(tx, operation)))
            return { message: `too late to undo it: the new credentials are handed out (${cause})`, result: 'done' };
          await tx.tenantOperation.update({
            where: { id: operation.id },
            data: { state: 'undoing', undoing: true, parked: Prisma.DbNull, step, cause, advice },
          });
          return { message: `rollback begins: ${step}: ${cause}`, result: undefined };
        },
        { resultOfEnded: ({ operation }) => (operation.state === 'done' ? 'done' : undefined) },
      ),

    /** Steps are parked: they wait for an answer. */
    park: (input: StepInput & { steps: readonly ParkedStep[] }): Promise<void> =>
      runRecordStep(db, 'park', input, async (tx, { operation }) => {
        const { steps } = input;
        const [first] = steps;
        const cause = steps.map((it) => (steps.length === 1 ? it.cause : `${it.step}: ${it.cause}`)).join('; ');
        await tx.tenantOperation.update({
          where: { id: operation.id },
          data: {
            state: 'parked',
            parked: steps.map((it) => ({ ...it })),
            step: first?.step ?? null,
            cause,
            advice: first?.advice ?? null,
          },
        });
        return { message: `parked at ${steps.map((it) => it.step).join(', ')}: ${cause}`, result: undefined };
      }),

    unpark: (input: StepInput & { isUndoing: boolean }): Promise<void> =>
      runRecordStep(db, 'unpark', input, async (tx, { operation }) => {
        await tx.tenantOperation.update({
          where: { id: operation.id },
          data: { state: input.isUndoing ? 'undoing' : 'running', parked: Prisma.DbNull },
        });
        return { message: 'no step is parked any more', result: undefined };
      }),

    /** The tenant is as it was before the operation. */
    'restore-status': (input: StepInput & { rollbackReason: StepFailure; skipped: SkippedSteps }): Promise<void> =>
      runRecordStep(db, 'restore-status', input, async (tx, rows) => {
        const { tenant } = rows;
        if (rows.operation.kind === 'change_plan') await forgetLimits(tx, tenant);
        const leftBehind = describeSkipped(
          input.skipped,
          rows.operation.kind === 'rotate' ? ADVICE_ON_WITHDRAWAL : undefined,
        );
        const ended = leftBehind ?? input.rollbackReason;
        const { reason, sentence } = await extendRetention(tx, rows, ended, settings.retentionMs);
        await finishOperation(tx, rows, leftBehind === undefined ? 'rolled_back' : 'incomplete', reason);
        const message = leftBehind?.cause ?? `${tenant.name} is ${tenant.status}, as it was before`;
        return { message: `${message}${sentence}`, result: undefined };
      }),

    'mark-gone': (input: StepInput & GoneInput): Promise<void> =>
      runRecordStep(db, 'mark-gone', input, (tx, rows) => markGone(tx, rows, input, secrets), {
        timeoutMs: secrets.hasVault ? WITH_VAULT_MS : undefined,
      }),
  };
}

/** What its resources had before a change of plan that has ended is put back by none any more. */
async function forgetLimits(tx: Tx, { id: tenantId }: Tenant): Promise<void> {
  await tx.tenantResource.updateMany({ where: { tenantId }, data: { limitsBefore: Prisma.DbNull } });
}
