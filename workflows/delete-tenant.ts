import { CancellationScope } from '@temporalio/workflow';
import { Desk } from './desk';
import type { OperationInput } from './messages';
import { Saga } from './saga';
import { BACKENDS, backendStep, record } from './steps';

/**
 * Drops everything of a tenant and closes its record. Half a deletion is of no use to anybody, so this neither gives
 * up nor can it be cancelled.
 */
export async function deleteTenant(input: OperationInput): Promise<string> {
  const begun = await record.begin(input);
  if (begun.verdict !== 'go') return begun.reason;

  const desk = new Desk(begun.tenantName, begun.kind);
  const saga = new Saga(begun.patienceMs, () => desk.show(saga.waiting));
  desk.serve(saga);

  await CancellationScope.nonCancellable(async () => {
    await saga.sideBySide(BACKENDS.map((backend) => () => saga.insist(backendStep(backend, 'drop', input))));
    await record.close(input);
  });
  desk.enter('done');
  return `nothing of ${begun.tenantName} is left`;
}
