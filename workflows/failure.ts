import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';

/** A step that was given up, or that waiting can't mend. */
export interface Failure {
  step: string;
  cause: string;
  advice: string;
}

/** The way forward was stopped from outside. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  constructor(readonly why: Failure) {
    super(why.cause);
  }
}

/** What is to be told of a failure: the activity's own words, which are fit for everybody. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Stopped) return error.why;
  if (isCancellation(error))
    return { step: 'cancelled', cause: 'cancelled by an operator', advice: 'Ask for it again when you want it.' };
  // A new run is to go on; or a defect, which must fail the workflow task, not the tenant.
  if (!(error instanceof ActivityFailure)) throw error;
  const { cause, activityType } = error;
  const [detail] = cause instanceof ApplicationFailure ? (cause.details ?? []) : [];
  const advice = (detail as { advice?: string } | undefined)?.advice;
  return {
    step: activityType,
    cause: cause?.message ?? error.message,
    advice: advice ?? 'The worker ended or was cut off in the middle; the step is repeated by itself.',
  };
}

/** Whether waiting can mend it. */
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
