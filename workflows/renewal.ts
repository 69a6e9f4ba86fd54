import type { OperationInput } from '@freeflow/contract';
import { allHandlersFinished, condition, makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import type { Begun, GivenUp } from '../activities/tenant-record';
import type { SagaState } from './saga';

export type Go = Extract<Begun, { verdict: 'go' }>;

/** What a run hands to the one that goes on in its place. */
export interface Carried {
  begun: Go;
  /** Why it is undone; nothing on the way forward. */
  givenUp?: GivenUp;
  saga: SagaState;
}

/** Thrown where nothing is under way: the rest is done by a new run, whose history is short again. */
export class Renewal extends Error {
  override readonly name = 'Renewal';
}

/** What a worker that has lost a run must replay: a second's worth. The server ends a run at 51,200 events. */
const EVENTS_PER_RUN = 1_000;

/** Whether the history of this run has become too long to be replayed in no time. */
export function isHistoryLong(eventsPerRun = EVENTS_PER_RUN): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength >= eventsPerRun;
}

/** Ends this run and goes on in a new one. Memo, search attributes, summary and priority are handed on by the server. */
export async function continueInNewRun(input: OperationInput, carried: Carried): Promise<never> {
  await condition(allHandlersFinished);
  const { taskTimeoutMs } = workflowInfo();
  return makeContinueAsNewFunc<(input: OperationInput, carried: Carried) => Promise<string>>({
    workflowTaskTimeout: taskTimeoutMs,
  })(input, carried);
}
