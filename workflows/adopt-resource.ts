import { ANSWER, workflowIdOf, type AdoptionInput, type Answer, type StepFailure } from '@freeflow/contract';
import { ApplicationFailure, CancellationScope, getExternalWorkflowHandle } from '@temporalio/workflow';
import { failureOf } from './failure';
import { OperatorView } from './operator-view';
import { backendStep, record } from './steps';

/**
 * Records under which id, and on which server, a tenant's resource is found since that server was restored; what is
 * parked because of it is then tried again at once. Changes nothing but the record. Runs beside the tenant's own run.
 */
export async function adoptResource({ backend, ...input }: AdoptionInput): Promise<string> {
  const begun = await record['begin-adoption'](input);
  if (begun === undefined) return 'nothing is left to do';

  const view = new OperatorView(begun.tenantName, 'adopt', { searchAttributes: begun.searchAttributes });
  const refused = await adopt({ backend, ...input });
  await CancellationScope.nonCancellable(() =>
    record['end-adoption']({ ...input, ...(refused === undefined ? {} : { refused }) }),
  );
  view.setState(refused === undefined ? 'done' : 'refused');
  if (refused !== undefined) throw ApplicationFailure.nonRetryable(`refused: ${refused.cause}`, 'refused');

  const retry: Answer = { action: 'retry', by: begun.requestedBy, reason: `${backend} was adopted` };
  const tenant = getExternalWorkflowHandle(workflowIdOf(input.tenantId));
  // Where no run is open nothing waits.
  await CancellationScope.nonCancellable(() => tenant.signal(ANSWER, retry).catch(() => undefined));
  return `${backend} of ${begun.tenantName} is as recorded`;
}

/** One round only: on-call is waiting, and can send the request again. Returns why it is refused. */
async function adopt({ backend, ...input }: AdoptionInput): Promise<StepFailure | undefined> {
  try {
    await backendStep(backend, 'adopt', input).run(true);
    return undefined;
  } catch (error) {
    return failureOf(error);
  }
}
