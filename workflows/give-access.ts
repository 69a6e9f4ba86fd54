import type { OperationInput } from '@freeflow/contract';
import { allOrNothing } from './all-or-nothing';
import { PLANS } from './plans';
import type { Carried } from './renewal';
import { runbookOf } from './runbook';

/** Gives a suspended tenant its access back, tried out at every backend, or leaves it suspended. */
export function resumeTenant(input: OperationInput, carried?: Carried): Promise<string> {
  return allOrNothing(input, runbookOf(PLANS.resume), carried);
}

/** Makes a soft-deleted tenant what it was before, active or suspended, or leaves it deleted. */
export function restoreTenant(input: OperationInput, carried?: Carried): Promise<string> {
  return allOrNothing(input, runbookOf(PLANS.restore), carried);
}
