import { ADVICE_ON_CUT, hasConnection, type StepFailure } from '@freeflow/contract';
import { Prisma, type PrismaClient, type TenantResource } from '@freeflow/db-master';
import type { SecretEntry, SecretStore } from '@freeflow/lib/secrets';
import type { StepInput } from './attempt';
import { rotatedName } from './credentials';
import { describeSkipped, finishOperation, readRollbackReason, type SkippedSteps } from './operation-row';
import { runRecordStep, type Tx } from './record-step';

/** How a rotation takes effect, and how one ends, in the master database. */
export function rotationActivities(db: PrismaClient, secrets: SecretStore) {
  return {
    /**
     * The new credentials are the ones that are handed out, all at once, and those before have their time from now on.
     * Repeated, it finds nothing left to do. @returns the reason where the operation was rolled back before
     */
    'switch-credentials': (input: StepInput): Promise<StepFailure | undefined> =>
      runRecordStep<StepFailure | undefined>(db, 'switch-credentials', input, async (tx, rows) => {
        const { tenant, operation, now } = rows;
        if (operation.undoing)
          return { message: 'too late: the operation is being rolled back', result: readRollbackReason(operation) };
        const overlapS = operation.overlapS ?? 0;
        const until = new Date(now.getTime() + overlapS * 1_000);
        // Not what a skipped undo has left at another backend: nobody has probed that.
        const where = { tenantId: tenant.id, nextCredential: { not: null } };
        const issued = await tx.tenantResource.findMany({
          where: operation.onlyAt === null ? where : { ...where, kind: operation.onlyAt },
        });
        const stored = await secrets.list(tenant.id);
        for (const entry of issued)
          await switchOne(tx, entry, refOf(stored, entry), { now, until, operationId: operation.id });
        if (overlapS > 0) await finishOperation(tx, rows, 'done');
        const those = issued.map(({ kind, nextCredential }) => `${kind} version ${nextCredential}`).join(', ');
        const before =
          overlapS > 0 ? `those before are valid until ${until.toISOString()}` : 'those before are ended now';
        return { message: `handed out from now on: ${those || 'as before'}; ${before}`, result: undefined };
      }),

    /**
     * What was to be ended is, and was seen refused. What was skipped is taken up again an hour later, what was left
     * once the tenant is active again.
     */
    'end-rotation': (input: StepInput & { skipped: SkippedSteps; isLeft?: boolean }): Promise<void> =>
      runRecordStep(db, 'end-rotation', input, async (tx, rows) => {
        const { tenant } = rows;
        const leftBehind = describeSkipped(input.skipped);
        if (leftBehind === undefined) {
          await finishOperation(tx, rows, 'done');
          return { message: `the old credentials of ${tenant.name} are ended`, result: undefined };
        }
        if (input.isLeft === true) {
          await finishOperation(tx, rows, 'incomplete', { ...leftBehind, advice: ADVICE_ON_CUT });
          return { message: leftBehind.cause, result: undefined };
        }
        // Later, but valid for no longer: a tenant that is cut off meanwhile does not get them back.
        await tx.$executeRaw`
          UPDATE "TenantResource" SET "retireAfter" = now() + interval '1 hour'
           WHERE "tenantId" = ${tenant.id}::uuid AND "overlapUntil" <= now()`;
        await finishOperation(tx, rows, 'incomplete', {
          ...leftBehind,
          advice:
            'The old credential may still work there. It is ended in an hour; suspend the tenant to cut it off now.',
        });
        return { message: leftBehind.cause, result: undefined };
      }),
  };
}

interface Switch {
  now: Date;
  until: Date;
  operationId: string;
}

/** Ledger and connection, which an application is given, never disagree: one transaction. */
async function switchOne(
  tx: Tx,
  { id, tenantId, kind, nextUsername }: TenantResource,
  secretRef: string | undefined,
  { now, until, operationId }: Switch,
): Promise<void> {
  if (secretRef === undefined) throw new Error(`the secret of the new credential of ${kind} is not stored`);
  await tx.$executeRaw`
    UPDATE "TenantResource"
       SET retiring = array_append(retiring, credential), credential = "nextCredential", "nextCredential" = NULL, "nextUsername" = NULL,
           "overlapUntil" = ${until}, "retireAfter" = NULL, "rotatedAt" = ${now}, "rotatedBy" = ${operationId}::uuid, "rotationTriedAt" = NULL,
           "secretRef" = ${hasConnection(kind) ? Prisma.sql`"secretRef"` : secretRef}
     WHERE id = ${id}::uuid AND "nextCredential" IS NOT NULL`;
  if (!hasConnection(kind)) return;
  await tx.tenantConnection.updateMany({
    where: { tenantId, service: kind },
    data: { secretRef, ...(nextUsername === null ? {} : { username: nextUsername }) },
  });
}

const refOf = (stored: readonly SecretEntry[], { kind, nextCredential }: TenantResource): string | undefined =>
  stored.find((it) => it.backend === kind && it.version === nextCredential && it.name === rotatedName({ kind }))?.ref;
