import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';
import type { GivenUp } from '../activities/tenant-record';
import { Desk } from './desk';
import type { OperationInput } from './messages';
import { failureOf, Saga } from './saga';
import { BACKENDS, backendStep, record } from './steps';

/** Makes a tenant in all backends and activates it, or leaves nothing of it behind. */
export async function provisionTenant(input: OperationInput): Promise<string> {
  const begun = await record.begin(input);
  if (begun.verdict !== 'go') return begun.reason;

  const desk = new Desk(begun.tenantName, begun.kind);
  const saga = new Saga(begun.patienceMs, () => desk.show(saga.waiting));
  desk.serve(saga);

  const givenUp = begun.givenUp ?? (await provision(input, saga));
  if (givenUp === undefined) {
    desk.enter('done');
    return `${begun.tenantName} is active`;
  }

  desk.enter('undoing');
  for (const backend of begun.givenUp ? BACKENDS : []) saga.onUndo(backendStep(backend, 'drop', input));
  await saga.undoAll();
  await CancellationScope.nonCancellable(() => record.close({ ...input, givenUp }));
  desk.enter('rolled_back');
  throw ApplicationFailure.nonRetryable(`rolled back, nothing is left: ${givenUp.step}: ${givenUp.cause}`, 'rolled-back');
}

/** The way forward; answers why it was given up, or nothing when the tenant is active. */
async function provision(input: OperationInput, saga: Saga): Promise<GivenUp | undefined> {
  try {
    await saga.sideBySide(
      BACKENDS.map((backend) => async () => {
        saga.onUndo(backendStep(backend, 'drop', input));
        await saga.forward(backendStep(backend, 'create', input));
        await saga.forward(backendStep(backend, 'probe', input));
      }),
    );
    await CancellationScope.nonCancellable(() => record.activate(input));
    return undefined;
  } catch (error) {
    const givenUp = failureOf(error);
    await CancellationScope.nonCancellable(() => record.undoing({ ...input, givenUp }));
    return givenUp;
  }
}
