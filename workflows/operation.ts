import type { OperationInput, ParkedStep } from '@freeflow/contract';
import { CancellationScope, patched, workflowInfo } from '@temporalio/workflow';
import type { GivenUp } from '../activities/tenant-record';
import { Desk } from './desk';
import { continueInNewRun, Renewal, type Carried, type Go } from './renewal';
import { Saga } from './saga';
import { record } from './steps';

/** An operation that has begun: what it is to do, the saga that does it, the desk where operators see and answer it. */
export interface Run {
  input: OperationInput;
  begun: Go;
  saga: Saga;
  desk: Desk;
  /** Why it is undone; nothing on the way forward. */
  givenUp: GivenUp | undefined;
  /** What the run before this one has handed on. */
  carried: Carried | undefined;
}

/**
 * Carries an operation out, in as many runs as it takes.
 * @param carried what the run before this one has handed on; nothing in the first
 * @returns a sentence for people, also where there was nothing to do
 */
export async function carryOut(
  input: OperationInput,
  carried: Carried | undefined,
  work: (run: Run) => Promise<string>,
): Promise<string> {
  const run = carried === undefined ? await begin(input) : await continueOperation(input, carried);
  if (typeof run === 'string') return run;
  try {
    return await work(run);
  } catch (error) {
    if (!(error instanceof Renewal)) throw error;
    const { begun, givenUp, saga } = run;
    return continueInNewRun(input, { begun, ...(givenUp === undefined ? {} : { givenUp }), saga: saga.state });
  }
}

/** Every runbook's first step; answers with a sentence where there is nothing to do. */
async function begin(input: OperationInput): Promise<Run | string> {
  // Before the first step: what that one, a local activity, leads to may be handed to a replay earlier than this marker.
  const isRenewable = patched('renewed-runs');
  const begun = await record.begin(input);
  if (begun.verdict !== 'go') return begun.reason;
  return open({ input, begun, givenUp: begun.givenUp, carried: undefined }, isRenewable);
}

/** The first step of a run that goes on with what another has handed on. Answers are heard at once. */
async function continueOperation(input: OperationInput, carried: Carried): Promise<Run | string> {
  const { begun, givenUp } = carried;
  const run = open({ input, begun, givenUp, carried }, true);
  const previousRunId = workflowInfo().continuedFromExecutionRunId ?? '';
  const { isOver, interrupted } = await CancellationScope.nonCancellable(() =>
    record['continue-operation']({ ...input, previousRunId }),
  );
  if (isOver) return 'the operation has ended';
  if (interrupted !== undefined) run.saga.stop(interrupted);
  return run;
}

/** @param isRenewable false for a run that began before runs were renewed */
function open(
  { input, begun, givenUp, carried }: Pick<Run, 'input' | 'begun' | 'givenUp' | 'carried'>,
  isRenewable: boolean,
): Run {
  const desk = new Desk(begun.tenantName, begun.kind, {
    searchAttributes: begun.searchAttributes,
    isSparing: isRenewable,
    before: carried,
  });
  // One after the other, each with what is parked by then: two that park at a time must not tell of it in the wrong order.
  let telling = Promise.resolve();
  const tell = (): Promise<void> =>
    (telling = telling.then(() => {
      const steps = [...saga.waiting].flatMap(([step, { cause, advice, park }]): ParkedStep[] =>
        park === undefined ? [] : [{ step, parkId: park.id, cause, advice, since: new Date(park.since).toISOString() }],
      );
      return steps.length === 0
        ? record.unpark({ ...input, isUndoing: run.givenUp !== undefined })
        : record.park({ ...input, steps });
    }));
  const canTurn = begun.goal !== 'gone' && givenUp === undefined;
  const hooks = { done: () => desk.describe(), changed: () => desk.show(saga), parkedChanged: tell };
  const saga: Saga = new Saga(begun.patience, hooks, canTurn, isRenewable, carried?.saga);
  const run: Run = { input, begun, saga, desk, givenUp, carried };
  desk.serve(saga);
  return run;
}
