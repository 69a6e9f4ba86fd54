import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';
import type { Begun, GivenUp } from '../activities/tenant-record';
import { Desk } from './desk';
import type { OperationInput } from './messages';
import { failureOf, Saga } from './saga';
import { BACKENDS, backendStep, record, type Verb } from './steps';

type Go = Extract<Begun, { verdict: 'go' }>;

/** What is done at every backend, side by side, and in the master database after it; and how all of it is undone. */
interface Runbook {
  forward: readonly Verb[];
  finish: (input: OperationInput, begun: Go) => Promise<void>;
  undo: Verb;
  afterUndo: (input: OperationInput & { givenUp: GivenUp }) => Promise<void>;
}

/** Carries a runbook out to its end, or undoes all of it. */
export async function allOrNothing(input: OperationInput, runbook: Runbook): Promise<string> {
  const begun = await record.begin(input);
  if (begun.verdict !== 'go') return begun.reason;

  const desk = new Desk(begun.tenantName, begun.kind);
  const saga = new Saga(begun.patienceMs, () => desk.show(saga.waiting));
  desk.serve(saga);

  const givenUp = begun.givenUp ?? (await goForward(input, runbook, begun, saga));
  if (givenUp === undefined) {
    desk.enter('done');
    return `${begun.tenantName} is ${begun.goal}`;
  }

  desk.enter('undoing');
  // A run that was terminated while it undid has told nobody what it had begun.
  for (const backend of begun.givenUp && begun.changesAccess ? BACKENDS : []) saga.onUndo(backendStep(backend, runbook.undo, input));
  await saga.undoAll();
  await CancellationScope.nonCancellable(() => runbook.afterUndo({ ...input, givenUp }));
  desk.enter('rolled_back');
  throw ApplicationFailure.nonRetryable(`rolled back: ${givenUp.step}: ${givenUp.cause}`, 'rolled-back');
}

/** The way forward; answers why it was given up, or nothing when it was gone to the end. */
async function goForward(input: OperationInput, { forward, finish, undo }: Runbook, begun: Go, saga: Saga): Promise<GivenUp | undefined> {
  try {
    await saga.sideBySide(
      (begun.changesAccess ? BACKENDS : []).map((backend) => async () => {
        saga.onUndo(backendStep(backend, undo, input));
        for (const verb of forward) await saga.forward(backendStep(backend, verb, input));
      }),
    );
    await CancellationScope.nonCancellable(() => finish(input, begun));
    return undefined;
  } catch (error) {
    const givenUp = failureOf(error);
    await CancellationScope.nonCancellable(() => record.undoing({ ...input, givenUp }));
    return givenUp;
  }
}
