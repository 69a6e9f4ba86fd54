import type { StepFailure } from '@freeflow/contract';
import type { PrismaClient } from '@freeflow/db-master';
import type { StepInput } from './attempt';
import { findInterrupter, interruptionFor } from './operation-row';
import { runRecordStep, supersededFault } from './record-step';

/** What a run has to know before it goes on with what another has handed on. */
export interface Continued {
  isOver: boolean;
  /** Set where another operation waits for this one to make room: its signal may have gone to the run before. */
  interrupted?: StepFailure;
  /** Also what it insists on is left for that; left out by older builds, whose histories go on as they did. */
  isLeft?: true;
}

export interface ContinueInput extends StepInput {
  /** The run that has handed it on. */
  previousRunId: string;
}

/**
 * How a run takes an operation over from the run it continues: an attempt that still runs for that one may write
 * nothing any more.
 */
export function continuingActivities(db: PrismaClient) {
  return {
    /** @throws ApplicationFailure `superseded` unless it was the previous run that worked on the operation */
    'continue-operation': (input: ContinueInput): Promise<Continued> =>
      runRecordStep<Continued>(
        db,
        'continue-operation',
        input,
        async (tx, { operation }, runId) => {
          if (operation.runId !== input.previousRunId && operation.runId !== runId) throw supersededFault(operation);
          await tx.tenantOperation.update({ where: { id: operation.id }, data: { runId } });
          const interrupter = await findInterrupter(tx, operation);
          return {
            message: 'continued in a new run: the history of the run before had become long',
            result: {
              isOver: false,
              ...(interrupter === undefined ? {} : { interrupted: interruptionFor(interrupter), isLeft: true }),
            },
          };
        },
        { resultOfEnded: () => ({ isOver: true }) },
      ),
  };
}
