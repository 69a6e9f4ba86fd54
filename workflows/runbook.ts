import type { OperationInput } from '@freeflow/contract';
import type { GivenUp } from '../activities/tenant-record';
import type { UndoablePlan } from './plans';
import type { Go } from './renewal';
import { record } from './steps';

/** A plan with its steps in the master database ready to be called. */
export function runbookOf({ forward, finish, undo, afterUndo }: UndoablePlan) {
  return {
    forward,
    undo,
    finish: (input: OperationInput, { goal }: Go): Promise<GivenUp | undefined> => {
      const step = finish[goal];
      if (step === undefined) throw new Error(`no step leads to ${goal}`);
      return record[step](input);
    },
    afterUndo: record[afterUndo],
  };
}
