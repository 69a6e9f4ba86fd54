import type { StepFailure } from '@freeflow/contract';
import type { PrismaClient } from '@freeflow/db-master';
import type { StepInput } from './attempt';
import { inTransaction, superseded } from './tenant-record';
import { forcedDeletionBeside, INTERRUPTED } from './tenant-record-ends';

/** What a run has to know before it goes on with what another has handed on. */
export interface Continued {
  isOver: boolean;
  /** A forced deletion waits: its signal may have come to the run before. */
  interrupted?: StepFailure;
}

export interface ContinueInput extends StepInput {
  /** The run that has handed it on. */
  previousRunId: string;
}

/** How a run takes an operation over from the run it goes on for: what that one has left behind at work may write nothing any more. */
export function continuingActivities(db: PrismaClient) {
  return {
    /** @throws ApplicationFailure `superseded` unless it was the previous run that worked on the operation */
    'continue-operation': (input: ContinueInput): Promise<Continued> =>
      inTransaction<Continued>(
        db,
        'continue-operation',
        input,
        async (tx, { operation }, runId) => {
          if (operation.runId !== input.previousRunId && operation.runId !== runId) throw superseded(operation.runId);
          await tx.tenantOperation.update({ where: { id: operation.id }, data: { runId } });
          const isInterrupted = !operation.undoing && (await forcedDeletionBeside(tx, operation)) !== undefined;
          return {
            message: 'goes on in a new run: the history of the one before had become long',
            result: { isOver: false, ...(isInterrupted ? { interrupted: INTERRUPTED } : {}) },
          };
        },
        () => ({ isOver: true }),
      ),
  };
}
