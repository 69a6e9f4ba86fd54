import type { OperationInput } from '@freeflow/contract';
import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';
import type { GivenUp } from '../activities/tenant-record';
import { failureOf } from './failure';
import { carryOut, type Run } from './operation';
import type { Carried, Go } from './renewal';
import { BACKENDS, backendStep, record, type Verb } from './steps';

/** What is done at every backend, side by side, and in the master database after it; and how all of it is undone. */
interface Runbook {
  forward: readonly Verb[];
  /** Says why, where the operation was turned round before. */
  finish: (input: OperationInput, begun: Go) => Promise<GivenUp | undefined>;
  undo: Verb;
  afterUndo: (input: OperationInput & { givenUp: GivenUp; skipped: Record<string, string> }) => Promise<void>;
}

/** Carries a runbook out to its end, or undoes all of it. */
export function allOrNothing(input: OperationInput, runbook: Runbook, carried?: Carried): Promise<string> {
  return carryOut(input, carried, async (run) => {
    const { begun, desk, saga } = run;
    registerEarlierUndos(run, runbook.undo);
    if (run.givenUp === undefined) {
      const givenUp = await goForward(run, runbook);
      if (givenUp === undefined) {
        desk.enter('done');
        return `${begun.tenantName} is ${begun.goal}`;
      }
      run.givenUp = givenUp;
      desk.enter('undoing', givenUp);
      saga.forgetForward();
    } else if (run.carried === undefined) {
      desk.enter('undoing', run.givenUp);
      saga.forgetForward();
    }
    return undo(run, runbook, run.givenUp);
  });
}

/** A run that was terminated while it undid has told nobody what it had begun; one that was renewed has handed it on. */
function registerEarlierUndos({ input, begun, carried, saga }: Run, undo: Verb): void {
  for (const backend of BACKENDS) {
    const step = backendStep(backend, undo, input);
    const isBegun =
      carried === undefined
        ? begun.givenUp !== undefined && begun.touchesBackends
        : carried.saga.undos.includes(step.name);
    if (isBegun) saga.onUndo(step);
  }
}

async function undo({ input, desk, saga }: Run, { afterUndo }: Runbook, givenUp: GivenUp): Promise<never> {
  await saga.undoAll();
  const skipped = Object.fromEntries(saga.skipped);
  await CancellationScope.nonCancellable(() => afterUndo({ ...input, givenUp, skipped }));
  desk.enter(saga.skipped.size === 0 ? 'rolled_back' : 'incomplete');
  throw ApplicationFailure.nonRetryable(`rolled back: ${givenUp.step}: ${givenUp.cause}`, 'rolled-back');
}

/** The way forward; answers why it was given up, or nothing when it was gone to the end. */
async function goForward(
  { input, begun, saga }: Run,
  { forward, finish, undo }: Runbook,
): Promise<GivenUp | undefined> {
  try {
    await saga.goForward(
      (begun.touchesBackends ? BACKENDS : []).map((backend) => async () => {
        saga.onUndo(backendStep(backend, undo, input));
        for (const verb of forward) await saga.forward(backendStep(backend, verb, { ...input, isForward: true }));
      }),
    );
    return await CancellationScope.nonCancellable(() => finish(input, begun));
  } catch (error) {
    const givenUp = failureOf(error);
    // The record decides: when Temporal refuses what a workflow task has to say because of news, its steps in the master
    // database have been carried out all the same, and the run is replayed with the news in front of them.
    return (await CancellationScope.nonCancellable(() => record['start-rollback']({ ...input, givenUp }))) === 'done'
      ? undefined
      : givenUp;
  }
}
