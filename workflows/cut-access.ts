import type { OperationInput } from '@freeflow/contract';
import { allOrNothing } from './all-or-nothing';
import { PLANS } from './plans';
import type { Carried } from './renewal';
import { runbookOf } from './runbook';

/** Cuts a tenant off at every backend, or leaves it as it was. Its data stays. */
export function suspendTenant(input: OperationInput, carried?: Carried): Promise<string> {
  return allOrNothing(input, runbookOf(PLANS.suspend), carried);
}

/** The same, and its data is kept for the retention time only. */
export function softDeleteTenant(input: OperationInput, carried?: Carried): Promise<string> {
  return allOrNothing(input, runbookOf(PLANS.soft_delete), carried);
}
