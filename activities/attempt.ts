import type { OperationTrace, TakenAnswer } from '@freeflow/contract';
import { type PrismaClient } from '@freeflow/db-master';
import { scrub } from '@freeflow/lib/scrub';
import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import type { CancelledFailure } from '@temporalio/common';
import { currentRunId, runActivity, type Failure } from './activity-shell';
import { appendLog, isLate, lockTenant, recordLostAttempts, recordSuccess, type Attempt } from './provision-log';

/** The input of every step. */
export interface StepInput {
  operationId: string;
  tenantId: string;
  /** See {@link import('@freeflow/contract').OperationInput}. */
  trace?: OperationTrace;
  /** Answers that have taken effect since the last step in the master database, which records them. */
  answers?: readonly TakenAnswer[];
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

/** A cause is worth waiting for a slow master database: without its row it is seen nowhere. */
const RECORDED_WITHIN_MS = 60_000;

/**
 * One attempt of a step at a backend: in the shell of every activity, with its row in the log, and the operation row
 * kept true.
 * @param run returns the message for the log
 */
export async function runAttempt(
  db: PrismaClient,
  attempt: Attempt,
  input: StepInput,
  run: (context: StepContext) => Promise<string>,
): Promise<void> {
  const startedAt = performance.now();
  const durationMs = () => performance.now() - startedAt;
  const secrets = new Set<string>();
  const context = { ...input, runId: attempt.runId, cancelled: cancellationSignal(), secrets };
  const body = async () => {
    await recordLostAttempts(db, attempt);
    const message = scrub(await run(context), secrets);
    await recordSuccess(db, attempt, { message, durationMs: durationMs() });
    log.info('step done', { ...logFields(attempt), durationMs: Math.round(durationMs()) });
  };
  await runActivity(body, {
    attempt,
    secrets,
    recordFailure: (failure) => recordFailure(db, attempt, failure, input.isForward === true, durationMs()),
    recordCancellation: (cancellation) => recordCancellation(db, attempt, cancellation, durationMs()),
  });
}

/** This attempt, as Temporal identifies it. */
export function currentAttempt(step: string, { tenantId, operationId, trace }: StepInput): Attempt {
  const { activityId, attempt, currentAttemptScheduledTimestampMs: scheduledAtMs } = activityInfo();
  return { tenantId, operationId, step, runId: currentRunId(), activityId, attempt, scheduledAtMs, trace };
}

/**
 * The log row of a failed attempt, and what the operation shows; the latter only while others have not gone on without
 * it.
 */
async function recordFailure(
  db: PrismaClient,
  attempt: Attempt,
  { type, message, advice }: Failure,
  isForward: boolean,
  durationMs: number,
): Promise<void> {
  const { operationId, step } = attempt;
  log.warn('step failed', { ...logFields(attempt), failure: type, cause: message, durationMs: Math.round(durationMs) });
  await db.$transaction(
    async (tx) => {
      await lockTenant(tx, attempt);
      // The operation's row belongs to the run that works on it: a superseded attempt mustn't touch it.
      const isReplaced = type !== 'superseded' && (await isLate(tx, attempt, isForward));
      const logged = isReplaced
        ? `superseded: it went on without this attempt, which failed with ${type}: ${message}`
        : `${type}: ${message}`;
      await appendLog(tx, attempt, { status: 'error', message: logged, durationMs });
      if (isReplaced || type === 'superseded') return;
      await tx.$executeRaw`
        UPDATE "TenantOperation" SET step = ${step}, cause = ${message}, advice = ${advice},
               attempts = CASE WHEN step = ${step} THEN attempts + 1 ELSE 1 END
         WHERE id = ${operationId}::uuid AND "endedAt" IS NULL`;
    },
    { timeout: RECORDED_WITHIN_MS },
  );
}

/**
 * The log row of an attempt that Temporal has cancelled before it did anything. Only where its workflow requested the
 * cancellation the operation is being undone; else Temporal has taken it for dead, or its worker stops, and another
 * attempt takes its place.
 */
async function recordCancellation(
  db: PrismaClient,
  attempt: Attempt,
  { message: reason }: CancelledFailure,
  durationMs: number,
): Promise<void> {
  const message =
    reason === 'CANCELLED'
      ? 'cancelled before it did anything: the operation is being undone'
      : `superseded: Temporal has given up this attempt (${reason}) before it did anything`;
  await appendLog(db, attempt, { status: 'error', message, durationMs });
}

/**
 * What differs from the activity's own: it may be of a step that follows. All else every line has
 * (worker/log-fields.ts).
 */
const logFields = ({ step, attempt }: Attempt) => ({ step, attempt });
