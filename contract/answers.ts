export const ANSWER_ACTIONS = ['retry', 'abort', 'skip'] as const;
export type AnswerAction = (typeof ANSWER_ACTIONS)[number];

/** What on-call answers a parked step, or all parked steps of a tenant when none is named. */
export interface Answer {
  action: AnswerAction;
  step?: string;
  /** Needed for a skip. */
  reason?: string;
  by: string;
  /** The operation that is meant: a run of another one refuses it. */
  operationId?: string;
  /** The request of the API that it came by; none where it came past the API. */
  requestId?: string;
}

/** An answer that a run has taken, or an interruption by a forced deletion: as it is recorded with its effect. */
export interface TakenAnswer extends Pick<Answer, 'by' | 'reason' | 'requestId'> {
  /** Unlike that of any other: where it is recorded twice, it is one row. */
  key: string;
  action: AnswerAction | 'interrupt';
  /** The steps it was given to. */
  steps: string[];
  /** When the run took it, by ISO 8601. */
  at: string;
}

/** Why an answer is refused; the type of the update's failure. */
export type AnswerRefusal =
  | 'answer-invalid'
  | 'operation-changed'
  | 'not-stuck'
  | 'not-skippable'
  | 'past-point-of-no-return';

/**
 * Names of the update and signal that take an {@link Answer}, of the signal by which a forced deletion interrupts, and
 * of the query for the steps that have failed.
 */
export const ANSWER = 'answer';
export const INTERRUPT = 'interrupt';

/**
 * The signal that says nothing: a run that pauses looks whether it is to go on with another build, that of an upgrade
 * of the fleet what was changed of it.
 */
export const WAKE = 'wake';
export const WAITING = 'waiting';
