import type { OperationInput } from '@freeflow/contract';
import { CancellationScope } from '@temporalio/workflow';
import { carryOut } from './operation';
import { PLANS } from './plans';
import type { Carried } from './renewal';
import { BACKENDS, backendStep, record } from './steps';

/**
 * Drops everything of a tenant and closes its record. Half a deletion is of no use to anybody, so this neither gives
 * up nor can it be cancelled; a drop that can't be done is skipped by a person only.
 */
export function deleteTenant(input: OperationInput, carried?: Carried): Promise<string> {
  return carryOut(input, carried, async ({ begun, desk, saga }) => {
    const {
      forward: [drop],
      finish,
    } = PLANS.hard_delete;
    await CancellationScope.nonCancellable(async () => {
      await saga.sideBySide(BACKENDS.map((backend) => () => saga.insist(backendStep(backend, drop, input))));
      await record[finish.gone]({ ...input, skipped: Object.fromEntries(saga.skipped) });
    });
    desk.enter(saga.skipped.size === 0 ? 'done' : 'incomplete');
    return saga.skipped.size === 0
      ? `nothing of ${begun.tenantName} is left`
      : `incomplete: ${[...saga.skipped.keys()].join(', ')} skipped`;
  });
}
