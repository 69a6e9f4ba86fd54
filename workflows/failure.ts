import type { StepFailure } from '@freeflow/contract';
import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';

/** An answer or a forced deletion requests that all of it is undone. */
export class RollbackRequested extends Error {
  override readonly name = 'RollbackRequested';
  constructor(readonly reason: StepFailure) {
    super(reason.cause);
  }
}

/**
 * Describes a failure for people: in the activity's own words, which are fit for everybody.
 * @throws what it was given, where that is no failure of a step: a new run is to go on, or a defect must fail the
 * workflow task
 */
export function failureOf(error: unknown): StepFailure {
  if (error instanceof RollbackRequested) return error.reason;
  if (isCancellation(error))
    return { step: 'cancelled', cause: 'cancelled by an operator', advice: 'Send the request again when you want it.' };
  if (!(error instanceof ActivityFailure)) throw error;
  const { cause, activityType } = error;
  const [detail] = cause instanceof ApplicationFailure ? (cause.details ?? []) : [];
  const advice = (detail as { advice?: string } | undefined)?.advice;
  return {
    step: activityType,
    cause: cause?.message ?? error.message,
    advice: advice ?? 'The worker ended or lost its connection during the step; the step is repeated by itself.',
  };
}

/** Whether a step that failed may succeed when it is tried again. */
export function isRetryable(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    !(error.cause instanceof ApplicationFailure && error.cause.nonRetryable === true)
  );
}

/** Another run has taken the place of this one, or the work is done: nothing is left to insist on. */
export function isSuperseded(error: unknown): boolean {
  return (
    error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.type === 'superseded'
  );
}
