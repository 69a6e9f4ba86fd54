import { allOrNothing } from './all-or-nothing';
import type { OperationInput } from './messages';
import { PLANS } from './plans';
import { runbookOf } from './runbook';

/** Gives a suspended tenant its access back, tried out at every backend, or leaves it suspended. */
export function resumeTenant(input: OperationInput): Promise<string> {
  return allOrNothing(input, runbookOf(PLANS.resume));
}

/** Makes a soft-deleted tenant what it was before, active or suspended, or leaves it deleted. */
export function restoreTenant(input: OperationInput): Promise<string> {
  return allOrNothing(input, runbookOf(PLANS.restore));
}
