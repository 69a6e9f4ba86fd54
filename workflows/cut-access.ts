import { allOrNothing } from './all-or-nothing';
import type { OperationInput } from './messages';
import { record } from './steps';

/** Cuts a tenant off at every backend, or leaves it as it was. Its data stays. */
export function suspendTenant(input: OperationInput): Promise<string> {
  return allOrNothing(input, { forward: ['disable'], finish: record.suspend, undo: 'enable', afterUndo: record.revert });
}

/** The same, and its data is kept for the retention time only. */
export function softDeleteTenant(input: OperationInput): Promise<string> {
  return allOrNothing(input, { forward: ['disable'], finish: record.retire, undo: 'enable', afterUndo: record.revert });
}
