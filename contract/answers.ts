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
export const WAITING = 'waiting';
