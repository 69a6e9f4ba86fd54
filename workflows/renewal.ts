import type { OperationInput, StepFailure } from '@freeflow/contract';
import { allHandlersFinished, condition, makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import type { Begun } from '../activities/begin';
import type { SagaState } from './saga-types';

/** What `begin` has found that is to be done. */
export type Go = Extract<Begun, { verdict: 'go' }>;

/** What a run hands on to the one that goes on in its place. */
export interface HandedOn {
  begun: Go;
  /** Why it is rolled back; nothing on the way forward. */
  rollbackReason?: StepFailure;
  saga: SagaState;
}

/** Thrown where nothing is in progress: the rest is done by a new run, whose history is short again. */
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

/** Whether workers of another build are to go on with this run, which only a new run can be handed to. */
export function isBuildReplaced(): boolean {
  return workflowInfo().targetWorkerDeploymentVersionChanged;
}

/**
 * Ends this run and goes on in a new one, with the build that is current by then. Memo, search attributes, summary and
 * priority are handed on by the server.
 */
export async function continueInNewRun(input: OperationInput, handedOn: HandedOn): Promise<never> {
  await condition(allHandlersFinished);
  const { taskTimeoutMs } = workflowInfo();
  return makeContinueAsNewFunc<(input: OperationInput, handedOn: HandedOn) => Promise<string>>({
    workflowTaskTimeout: taskTimeoutMs,
    // Else the new run would stay with the build of this one. Of no meaning where builds are not told apart.
    ...(isVersioned() ? { initialVersioningBehavior: 'AUTO_UPGRADE' } : {}),
  })(input, handedOn);
}

/** Whether the worker at hand has a version: one without has a build id all the same, of no deployment. */
const isVersioned = (): boolean => (workflowInfo().currentDeploymentVersion?.deploymentName ?? '') !== '';
