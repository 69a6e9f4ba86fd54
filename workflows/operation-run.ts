import { rowOf, type OperationInput, type ParkedStep, type StepFailure } from '@freeflow/contract';
import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import type { WaitingStep } from './next-move';
import { OperatorView } from './operator-view';
import { continueInNewRun, Renewal, type Go, type HandedOn } from './renewal';
import { Saga } from './saga';
import { record } from './steps';

/** An operation that has begun: what it is to do, the saga that does it, and what operators see of it. */
export interface OperationRun {
  input: OperationInput;
  begun: Go;
  saga: Saga;
  view: OperatorView;
  /** Why it is rolled back; nothing on the way forward. */
  rollbackReason: StepFailure | undefined;
  /** What the run before this one has handed on. */
  handedOn: HandedOn | undefined;
}

/**
 * Carries an operation out, in as many runs as it takes.
 * @param handedOn what the run before this one has handed on; nothing in the first
 * @returns a sentence for people, also where there was nothing to do
 */
export async function runOperation(
  input: OperationInput,
  handedOn: HandedOn | undefined,
  forwardOrUndo: (run: OperationRun) => Promise<string>,
): Promise<string> {
  const run = handedOn === undefined ? await begin(input) : await resumeRun(input, handedOn);
  if (typeof run === 'string') return run;
  try {
    return await forwardOrUndo(run);
  } catch (error) {
    if (!(error instanceof Renewal)) throw error;
    const { begun, rollbackReason, saga } = run;
    return continueInNewRun(input, {
      begun,
      ...(rollbackReason === undefined ? {} : { rollbackReason }),
      saga: saga.state,
    });
  }
}

/** The operation can only be undone from here on. */
export function markUndoing(run: OperationRun, reason: StepFailure): void {
  run.rollbackReason = reason;
  run.view.setState('undoing', reason);
  run.saga.forgetWaiting();
}

/** The first step of every operation; returns a sentence where there is nothing to do. */
async function begin(input: OperationInput): Promise<OperationRun | string> {
  const begun = await record.begin(input);
  if (begun.verdict !== 'go') return begun.reason;
  return open({ input, begun, rollbackReason: begun.rollbackReason, handedOn: undefined });
}

/** The first step of a run that goes on with what another has handed on. Answers are taken at once. */
async function resumeRun(input: OperationInput, handedOn: HandedOn): Promise<OperationRun | string> {
  const { begun, rollbackReason } = handedOn;
  const run = open({ input, begun, rollbackReason, handedOn });
  const previousRunId = workflowInfo().continuedFromExecutionRunId ?? '';
  const { isOver, interrupted, isLeft } = await CancellationScope.nonCancellable(() =>
    record['continue-operation']({ ...input, previousRunId }),
  );
  if (isOver) return 'the operation has ended';
  if (interrupted !== undefined && isLeft === true) run.saga.interrupt(interrupted);
  else if (interrupted !== undefined) run.saga.requestRollback(interrupted);
  return run;
}

type Opening = Pick<OperationRun, 'input' | 'begun' | 'rollbackReason' | 'handedOn'>;

function open({ input, begun, rollbackReason, handedOn }: Opening): OperationRun {
  const { tenantName, kind, searchAttributes, patience } = begun;
  const view = new OperatorView(tenantName, kind, { searchAttributes, before: handedOn });
  // One after the other, each with what is parked by then: two that park at a time must not be recorded in the wrong
  // order.
  let pendingPublish = Promise.resolve();
  const publishParked = (): Promise<void> => {
    pendingPublish = pendingPublish.then(() => recordParked(run));
    return pendingPublish;
  };
  const hooks = {
    stepDone: () => view.stepDone(),
    waitingChanged: () => view.refresh(),
    parkedChanged: publishParked,
  };
  const isUndoable = rowOf(kind).undo !== null && rollbackReason === undefined;
  const saga = new Saga(patience, hooks, isUndoable, rowOf(kind).yields === true, handedOn?.saga);
  const run: OperationRun = { input, begun, saga, view, rollbackReason, handedOn };
  view.handle(saga);
  return run;
}

function recordParked({ input, saga, rollbackReason }: OperationRun): Promise<void> {
  const steps = [...saga.waiting].flatMap(parkedStepOf);
  return steps.length === 0
    ? record.unpark({ ...input, isUndoing: rollbackReason !== undefined, ...saga.takeAnswers() })
    : record.park({ ...input, steps, ...saga.takeAnswers() });
}

const parkedStepOf = ([step, { cause, advice, park }]: [string, WaitingStep]): ParkedStep[] =>
  park === undefined ? [] : [{ step, parkId: park.id, cause, advice, since: new Date(park.since).toISOString() }];
