import type { OperationInput } from '@freeflow/contract';
import { allOrNothing } from './all-or-nothing';
import { PLANS } from './plans';
import type { Carried } from './renewal';
import { runbookOf } from './runbook';

/** Makes a tenant in all backends, tries it out and activates it, or leaves nothing of it behind. */
export function provisionTenant(input: OperationInput, carried?: Carried): Promise<string> {
  return allOrNothing(input, runbookOf(PLANS.create), carried);
}
