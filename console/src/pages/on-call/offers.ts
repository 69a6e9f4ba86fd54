import { canRollBackAt, type AnswerAction } from '@freeflow/contract';
import type { Waiting } from './waiting';

/** Why an answer makes no sense here; undefined where it does. The run has the last word, and says so. */
export function refusalOf(action: AnswerAction, waiting: Waiting): string | undefined {
  const { why, operation } = waiting;
  if (operation === null) return 'Nothing has begun that could be answered: the sweep has to start it.';
  if (action === 'retry') return undefined;
  if (why !== 'parked') return 'It waits for no answer. A retry starts it again.';
  if (action === 'abort') return goesForward(waiting) ? undefined : 'There is no way back from here: retry or skip.';
  return goesForward(waiting)
    ? 'Only a drop, an undo or the end of old credentials can be skipped: retry or abort.'
    : undefined;
}

/** As the run decides it. */
const goesForward = ({ operation, step }: Waiting): boolean =>
  operation === null || step === null || canRollBackAt(operation.kind, step);

/** Those that an answer can be given to, each operation once where it is for the operation as a whole. */
export function answerable(action: AnswerAction, all: readonly Waiting[]): Waiting[] {
  const offered = all.filter((it) => refusalOf(action, it) === undefined);
  if (action !== 'abort') return offered;
  return [...new Map(offered.map((it) => [it.operation?.id, it])).values()];
}
