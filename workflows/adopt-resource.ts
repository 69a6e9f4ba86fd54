import { ANSWER, workflowIdOf, type AdoptionInput, type Answer } from '@freeflow/contract';
import { ApplicationFailure, CancellationScope, getExternalWorkflowHandle } from '@temporalio/workflow';
import type { GivenUp } from '../activities/tenant-record';
import { Desk } from './desk';
import { failureOf } from './failure';
import { BACKENDS, backendStep, record } from './steps';

/**
 * Records under which id, and on which server, a tenant's thing stands since that server was restored; what is parked
 * because of it is then tried again at once. Changes nothing but the record. Runs beside the tenant's own run.
 */
export async function adoptResource({ backend, ...input }: AdoptionInput): Promise<string> {
  const begun = await record['begin-adoption'](input);
  if (begun === undefined) return 'nothing is left to do';

  const desk = new Desk(begun.tenantName, 'adopt', { searchAttributes: begun.searchAttributes });
  const refused = await adopt(backend, input);
  await CancellationScope.nonCancellable(() =>
    record['end-adoption']({ ...input, ...(refused === undefined ? {} : { refused }) }),
  );
  desk.enter(refused === undefined ? 'done' : 'refused');
  if (refused !== undefined) throw ApplicationFailure.nonRetryable(`refused: ${refused.cause}`, 'refused');

  const retry: Answer = { action: 'retry', by: begun.requestedBy };
  const tenant = getExternalWorkflowHandle(workflowIdOf(input.tenantId));
  // Where no run is open nobody waits.
  await CancellationScope.nonCancellable(() => tenant.signal(ANSWER, retry).catch(() => undefined));
  return `${backend} of ${begun.tenantName} is as recorded`;
}

/** One round only: who asked is waiting, and can ask again. */
async function adopt(
  kind: AdoptionInput['backend'],
  input: Omit<AdoptionInput, 'backend'>,
): Promise<GivenUp | undefined> {
  const backend = BACKENDS.find((it) => it.kind === kind);
  if (backend === undefined) throw ApplicationFailure.nonRetryable(`there is no backend ${kind}`);
  try {
    await backendStep(backend, 'adopt', input).run(true);
    return undefined;
  } catch (error) {
    return failureOf(error);
  }
}
