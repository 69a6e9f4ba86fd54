import {
  ADVICE_ON_CUT,
  isDeletion,
  operationTitle,
  type Answer,
  type AnswerRefusal,
  type OperationKind,
  type StepFailure,
} from '@freeflow/contract';
import type { Saga } from './saga';

type Answerable = Pick<Saga, 'waiting' | 'parkedSteps' | 'canRollBack'>;

/** Checks an answer against the steps that wait now; returns why it can't be given, or undefined. */
export function findRefusal(
  { waiting, parkedSteps, canRollBack }: Answerable,
  { action, step, operationId }: Answer,
  currentOperationId: unknown,
): AnswerRefusal | undefined {
  if (operationId !== undefined && operationId !== currentOperationId) return 'operation-changed';
  const candidates = action === 'retry' ? [...waiting.keys()] : parkedSteps;
  if (!candidates.some((name) => step === undefined || step === name)) return 'not-stuck';
  if (action === 'abort' && !canRollBack) return 'past-point-of-no-return';
  if (action === 'skip' && canRollBack) return 'not-skippable';
  return undefined;
}

/** Why an operation is rolled back that on-call aborts. */
export function abortReason(
  { waiting, parkedSteps: [step = 'aborted'] }: Pick<Saga, 'waiting' | 'parkedSteps'>,
  { by, reason }: Pick<Answer, 'by' | 'reason'>,
): StepFailure {
  const cause = waiting.get(step)?.cause ?? 'unknown';
  return {
    step,
    cause: `aborted by ${by}${reason === undefined ? '' : ` (${reason})`}: ${cause}`,
    advice: 'All of it was undone. Fix the cause, then send the request again.',
  };
}

/** Why an operation is rolled back, or left, that another one interrupts: only forced deletions interrupt all kinds. */
export const interruptReason = (by: string, kind: OperationKind): StepFailure => ({
  step: 'interrupted',
  cause: `interrupted by a ${isDeletion(kind) ? 'forced deletion' : operationTitle(kind)} (requested by ${by})`,
  advice: isDeletion(kind) ? 'The deletion goes on by itself.' : ADVICE_ON_CUT,
});

/** Gives an answer that is not refused; returns the names of the steps that were answered. */
export function giveAnswer(saga: Saga, answer: Answer): string[] {
  if (answer.action !== 'abort') return saga.answer(answer);
  const steps = saga.parkedSteps;
  saga.requestRollback(abortReason(saga, answer));
  return steps;
}
