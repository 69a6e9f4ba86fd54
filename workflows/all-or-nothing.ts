import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';
import type { GivenUp } from '../activities/tenant-record';
import type { OperationInput } from './messages';
import { begin, type Go, type Run } from './operation';
import { failureOf } from './failure';
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
export async function allOrNothing(input: OperationInput, runbook: Runbook): Promise<string> {
  const run = await begin(input);
  if (typeof run === 'string') return run;
  const { begun, desk, saga } = run;

  const givenUp = begun.givenUp ?? (await goForward(run, runbook));
  if (!givenUp) {
    desk.enter('done');
    return `${begun.tenantName} is ${begun.goal}`;
  }

  desk.enter('undoing', givenUp);
  // A run that was terminated while it undid has told nobody what it had begun.
  for (const backend of begun.givenUp && begun.changesAccess ? BACKENDS : []) saga.onUndo(backendStep(backend, runbook.undo, input));
  await saga.undoAll();
  const skipped = Object.fromEntries(saga.skipped);
  await CancellationScope.nonCancellable(() => runbook.afterUndo({ ...input, givenUp, skipped }));
  desk.enter(saga.skipped.size === 0 ? 'rolled_back' : 'incomplete');
  throw ApplicationFailure.nonRetryable(`rolled back: ${givenUp.step}: ${givenUp.cause}`, 'rolled-back');
}

/** The way forward; answers why it was given up, or nothing when it was gone to the end. */
async function goForward({ input, begun, saga, turnsRound }: Run, { forward, finish, undo }: Runbook): Promise<GivenUp | undefined> {
  try {
    await saga.goForward(
      (begun.changesAccess ? BACKENDS : []).map((backend) => async () => {
        saga.onUndo(backendStep(backend, undo, input));
        for (const verb of forward) await saga.forward(backendStep(backend, verb, { ...input, isForward: true }));
      }),
    );
    const before = await CancellationScope.nonCancellable(() => finish(input, begun));
    if (before) turnsRound();
    return before;
  } catch (error) {
    const givenUp = failureOf(error);
    // The record decides: when Temporal refuses what a workflow task has to say because of news, its steps in the master
    // database have been carried out all the same, and the run is replayed with the news in front of them.
    if ((await CancellationScope.nonCancellable(() => record.undoing({ ...input, givenUp }))) === 'done') return undefined;
    turnsRound();
    return givenUp;
  }
}
