import { type BackendKind, FAILURES, adviceOn } from '@freeflow/contract';
import { type PrismaClient } from '@freeflow/db-master';
import { isCutConnection } from '@freeflow/lib/pg';
import { activityInfo, cancellationSignal, heartbeat, log } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { BackendFault, messageOf } from '../backends/failures';
import { scrub } from '../backends/scrub';
import { masterFaultType } from './master-fault';
import { appendLog, appendRow, isLate, lockTenant, recordLostAttempts, type Attempt } from './provision-log';

/** What every activity is called with. */
export interface StepInput {
  operationId: string;
  tenantId: string;
  /** Set on the way forward of what can be undone: such a step does nothing any more once the undo has begun. */
  isForward?: true;
}

/** What a step may use while it runs. */
export interface StepContext extends StepInput {
  runId: string;
  /** Aborted when Temporal cancels the attempt; heeded before a side effect, never in the middle of one. */
  cancelled: AbortSignal;
  /** Values that must never leave in a message, added as the step learns them. */
  secrets: Set<string>;
}

const HEARTBEAT_MS = 1_000;

/** A cause is worth waiting for a slow master database: without its row nobody sees it. */
const RECORDED_WITHIN_MS = 60_000;

/**
 * Makes an activity of a step: heartbeats, one log row per attempt, a judged and scrubbed failure, and the operation
 * row kept true. `run` returns the sentence for the log.
 */
export function attempted(db: PrismaClient, step: string, run: (context: StepContext) => Promise<string>) {
  return async (input: StepInput): Promise<void> => {
    const startedAt = performance.now();
    const attempt = attemptOf(step, input);
    const context: StepContext = {
      ...input,
      runId: attempt.runId,
      cancelled: cancellationSignal(),
      secrets: new Set(),
    };
    const beating = setInterval(heartbeat, HEARTBEAT_MS);
    try {
      await recordLostAttempts(db, attempt);
      const message = scrub(await run(context), context.secrets);
      await succeed(db, attempt, message, performance.now() - startedAt);
    } catch (error) {
      if (error instanceof CancelledFailure) throw await stopped(db, attempt, error, performance.now() - startedAt);
      throw await failed(db, attempt, judge(error), context, performance.now() - startedAt);
    } finally {
      clearInterval(beating);
    }
  };
}

/** This attempt, as Temporal identifies it. */
export function attemptOf(step: string, { tenantId, operationId }: StepInput): Attempt {
  const { workflowExecution, activityId, attempt, currentAttemptScheduledTimestampMs } = activityInfo();
  return {
    tenantId,
    operationId,
    step,
    runId: workflowExecution?.runId ?? '',
    activityId,
    attempt,
    scheduledAtMs: currentAttemptScheduledTimestampMs,
  };
}

async function succeed(db: PrismaClient, attempt: Attempt, message: string, durationMs: number): Promise<void> {
  await db.tenantOperation.updateMany({
    where: { id: attempt.operationId, step: attempt.step, endedAt: null },
    data: { step: null, attempts: 0, cause: null, advice: null },
  });
  await appendLog(db, attempt, { status: 'success', message, durationMs });
  log.info('step done', {
    tenantId: attempt.tenantId,
    step: attempt.step,
    attempt: attempt.attempt,
    durationMs: Math.round(durationMs),
  });
}

/** Records a failed attempt as far as the master database allows, and gives what Temporal is to see of it. */
async function failed(
  db: PrismaClient,
  attempt: Attempt,
  fault: BackendFault,
  { secrets, isForward }: StepContext,
  durationMs: number,
): Promise<ApplicationFailure> {
  const { type } = fault;
  const advice = adviceOn(type);
  const message = scrub(fault.message, secrets);
  const { tenantId, operationId, step } = attempt;
  log.warn('step failed', {
    tenantId,
    step,
    attempt: attempt.attempt,
    type,
    cause: message,
    durationMs: Math.round(durationMs),
  });
  try {
    await db.$transaction(
      async (tx) => {
        await lockTenant(tx, attempt);
        // The operation's truth is that of whoever works on it, which a superseded attempt mustn't touch.
        const isReplaced = type !== 'superseded' && (await isLate(tx, attempt, isForward === true));
        const told = isReplaced
          ? `superseded: it went on without this attempt, which failed with ${type}: ${message}`
          : `${type}: ${message}`;
        await appendRow(tx, attempt, { status: 'error', message: told, durationMs });
        if (isReplaced || type === 'superseded') return;
        await tx.$executeRaw`
        UPDATE "TenantOperation" SET step = ${step}, cause = ${message}, advice = ${advice},
               attempts = CASE WHEN step = ${step} THEN attempts + 1 ELSE 1 END
         WHERE id = ${operationId}::uuid AND "endedAt" IS NULL`;
      },
      { timeout: RECORDED_WITHIN_MS },
    );
  } catch (error) {
    log.warn('the attempt could not be recorded; the next one records it as lost', {
      tenantId,
      step,
      cause: scrub(messageOf(error)),
    });
  }
  return ApplicationFailure.create({ type, message, nonRetryable: !FAILURES[type].retryable, details: [{ advice }] });
}

/**
 * Records an attempt that Temporal has cancelled before it did anything, and gives the cancellation on. Only where its workflow
 * asked for that the operation is being undone; else Temporal has taken it for dead, or its worker stops, and another one does it.
 */
async function stopped(
  db: PrismaClient,
  attempt: Attempt,
  cancellation: CancelledFailure,
  durationMs: number,
): Promise<unknown> {
  const message =
    cancellation.message === 'CANCELLED'
      ? 'cancelled before it did anything: the operation is being undone'
      : `superseded: Temporal has given up this attempt (${cancellation.message}) before it did anything`;
  await appendLog(db, attempt, { status: 'error', message, durationMs }).catch((error: unknown) => {
    log.warn('a cancelled attempt could not be recorded', {
      tenantId: attempt.tenantId,
      step: attempt.step,
      cause: scrub(messageOf(error)),
    });
  });
  return cancellation;
}

/** Faults come judged from the backends; whatever else is thrown came from the master database or from a defect. */
function judge(error: unknown): BackendFault {
  if (error instanceof BackendFault) return error;
  const name = error instanceof Error ? error.name : '';
  const isOfMaster = name.startsWith('PrismaClient') || name === 'DriverAdapterError' || isCutConnection(error);
  const type = isOfMaster ? masterFaultType(error) : 'unexpected';
  return new BackendFault(type, messageOf(error), { cause: error });
}

/** `postgres.create` and so on: the names of steps are also the names of their activities. */
export const stepName = <V extends string>(kind: BackendKind, verb: V): `${BackendKind}.${V}` => `${kind}.${verb}`;
