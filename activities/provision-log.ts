import type { Prisma, PrismaClient } from '@freeflow/db-master';
import { uuidOf } from './uuid';

/** One attempt of one step, as Temporal identifies it. */
export interface Attempt {
  tenantId: string;
  operationId: string;
  step: string;
  runId: string;
  activityId: string;
  /** Counts the attempts the server makes of one scheduled activity, from 1. */
  attempt: number;
  scheduledAtMs: number;
}

export interface Outcome {
  status: 'success' | 'error';
  message: string;
  durationMs: number;
}

type Db = PrismaClient | Prisma.TransactionClient;

const LOST = 'lost: the worker ended or was cut off before it could report';

const keyOf = ({ runId, activityId }: Attempt) => `${runId}/${activityId}`;

/** Writes the row of one attempt; a repeated write is the same row. */
export async function appendLog(db: PrismaClient, attempt: Attempt, outcome: Outcome): Promise<void> {
  // Locked first: a statement that had to wait for the lock itself would count what was there before it waited.
  await db.$transaction([db.$executeRaw`SELECT 1 FROM "Tenant" WHERE id = ${attempt.tenantId}::uuid FOR UPDATE`, appendRow(db, attempt, outcome)]);
}

/**
 * The same for whoever holds the tenant's row lock: by it the rows of a tenant are numbered by `seq` in the order they become
 * visible, and those of a step by `attempt`, over all runs of the operation.
 */
export function appendRow(db: Db, attempt: Attempt, { status, message, durationMs }: Outcome): Prisma.PrismaPromise<number> {
  const id = uuidOf(attempt.runId, attempt.activityId, attempt.attempt, attempt.scheduledAtMs);
  const { tenantId, operationId, step } = attempt;
  return db.$executeRaw`
    WITH tenant AS (
      UPDATE "Tenant" SET "logSeq" = "logSeq" + 1
       WHERE id = ${tenantId}::uuid AND NOT EXISTS (SELECT 1 FROM "TenantProvisionLog" WHERE id = ${id}::uuid)
      RETURNING "logSeq")
    INSERT INTO "TenantProvisionLog" (id, "tenantId", "operationId", step, status, message, "durationMs", "activityKey", seq, attempt)
    SELECT ${id}::uuid, ${tenantId}::uuid, ${operationId}::uuid, ${step}, ${status}, ${message}, ${Math.round(durationMs)}, ${keyOf(attempt)}, tenant."logSeq",
           (SELECT count(*) + 1 FROM "TenantProvisionLog" WHERE "operationId" = ${operationId}::uuid AND step = ${step})
      FROM tenant
    ON CONFLICT (id) DO NOTHING`;
}

/** Records the earlier attempts of the same activity that never reported: they died with their worker. */
export async function recordLostAttempts(db: PrismaClient, attempt: Attempt): Promise<void> {
  if (attempt.attempt === 1) return;
  const reported = await db.tenantProvisionLog.count({ where: { activityKey: keyOf(attempt) } });
  for (let lost = reported + 1; lost < attempt.attempt; lost++) {
    // When the lost attempt was scheduled nobody knows any more, so its row's id is made without.
    await appendLog(db, { ...attempt, attempt: lost, scheduledAtMs: 0 }, { status: 'error', message: LOST, durationMs: 0 });
  }
}
