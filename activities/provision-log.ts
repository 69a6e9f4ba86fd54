import { UUID_NAMESPACE, type OperationTrace } from '@freeflow/contract';
import type { Prisma, PrismaClient, Tenant } from '@freeflow/db-master';
import { v5 as uuidV5 } from 'uuid';
import { BackendFault } from '../backends/failures';

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
  trace?: OperationTrace | undefined;
}

export interface Outcome {
  status: 'success' | 'error';
  message: string;
  durationMs: number;
}

type Db = PrismaClient | Prisma.TransactionClient;

const LOST = 'lost: the worker ended or was cut off before it could report';

const keyOf = ({ runId, activityId }: Attempt) => `${runId}/${activityId}`;

/** The id of an attempt's row: a repeated write is the same row. */
const rowIdOf = ({ runId, activityId, attempt, scheduledAtMs }: Omit<Attempt, 'tenantId' | 'operationId' | 'step'>) =>
  uuidV5([runId, activityId, attempt, scheduledAtMs].join('/'), UUID_NAMESPACE);

/** The successor of a lost attempt doesn't know when that was scheduled, so the id of its row is computed without. */
const lostIdOf = (attempt: Attempt): string => rowIdOf({ ...attempt, scheduledAtMs: 0 });

/** Locks the tenant's row: rows of the log are written one after the other. */
export const lockTenant = (db: Db, { tenantId }: Pick<Attempt, 'tenantId'>): Prisma.PrismaPromise<number> =>
  db.$executeRaw`SELECT 1 FROM "Tenant" WHERE id = ${tenantId}::uuid FOR UPDATE`;

/** The same; gives the row, and what time it is once it is locked. */
export async function lockAndReadTenant(
  db: Db,
  { tenantId }: Pick<Attempt, 'tenantId'>,
): Promise<Tenant & { now: Date }> {
  const [tenant] = await db.$queryRaw<(Tenant & { now: Date })[]>`
    SELECT *, clock_timestamp() AS now FROM (SELECT * FROM "Tenant" WHERE id = ${tenantId}::uuid FOR UPDATE) locked`;
  if (tenant === undefined) throw new BackendFault('unexpected', `there is no tenant ${tenantId}`);
  return tenant;
}

/**
 * Writes the row of one attempt, under the tenant's row lock: by it the rows of a tenant are numbered by `seq` in the
 * order they become visible, and those of a step by `attempt`, over all runs of the operation. A repeated write is the
 * same row.
 */
export function appendLog(
  db: Db,
  attempt: Attempt,
  { status, message, durationMs }: Outcome,
): Prisma.PrismaPromise<number> {
  const { tenantId, operationId, step } = attempt;
  return db.$executeRaw`
    SELECT append_log(${rowIdOf(attempt)}::uuid, ${lostIdOf(attempt)}::uuid, ${tenantId}::uuid, ${operationId}::uuid,
                      ${step}, ${status}, ${message}, ${Math.round(durationMs)}::int, ${keyOf(attempt)})`;
}

/** Writes the row of an attempt that is done, and takes an earlier failure of its step off the operation. */
export function recordSuccess(
  db: Db,
  attempt: Attempt,
  { message, durationMs }: Omit<Outcome, 'status'>,
): Prisma.PrismaPromise<number> {
  const { tenantId, operationId, step } = attempt;
  return db.$executeRaw`
    SELECT record_success(${rowIdOf(attempt)}::uuid, ${lostIdOf(attempt)}::uuid, ${tenantId}::uuid, ${operationId}::uuid,
                          ${step}, ${message}, ${Math.round(durationMs)}::int, ${keyOf(attempt)})`;
}

/** Records the earlier attempts of the same activity that never reported: they died with their worker. */
export async function recordLostAttempts(db: PrismaClient, attempt: Attempt): Promise<void> {
  if (attempt.attempt === 1) return;
  const reported = await db.tenantProvisionLog.count({ where: { activityKey: keyOf(attempt) } });
  for (let lost = reported + 1; lost < attempt.attempt; lost++) {
    await appendLog(
      db,
      { ...attempt, attempt: lost, scheduledAtMs: 0 },
      { status: 'error', message: LOST, durationMs: 0 },
    );
  }
}

/** How many attempts of this activity have succeeded: more than one where their worker died before Temporal knew. */
export const countSuccesses = (db: PrismaClient, attempt: Attempt): Promise<number> =>
  db.tenantProvisionLog.count({ where: { activityKey: keyOf(attempt), status: 'success' } });

/**
 * Whether others have gone on without this attempt, which was taken for dead: the step is done, or tried again; another
 * run works on the operation, or its undo; or it has ended. Read under the tenant's row lock.
 */
export async function isLate(tx: Prisma.TransactionClient, attempt: Attempt, isForward: boolean): Promise<boolean> {
  const { operationId, step, runId } = attempt;
  // An operator may have an activity begin anew, its attempts counted from 1 again: then a row of a lost one is older
  // than this one.
  const [{ late }] = await tx.$queryRaw<[{ late: boolean }]>`
    SELECT "endedAt" IS NOT NULL OR "runId" IS DISTINCT FROM ${runId} OR (undoing AND ${isForward}) OR EXISTS (
             SELECT 1 FROM "TenantProvisionLog" AS log
              WHERE log."operationId" = o.id AND log.step = ${step} AND starts_with(log."activityKey", ${`${runId}/`})
                AND (log.status = 'success' OR (log.id = ${lostIdOf(attempt)}::uuid AND log."createdAt" > ${new Date(attempt.scheduledAtMs)}))) AS late
      FROM "TenantOperation" AS o WHERE id = ${operationId}::uuid`;
  return late;
}
