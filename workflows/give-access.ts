import { allOrNothing } from './all-or-nothing';
import type { OperationInput } from './messages';
import { record } from './steps';

/** Gives a suspended tenant its access back, tried out at every backend, or leaves it suspended. */
export function resumeTenant(input: OperationInput): Promise<string> {
  return allOrNothing(input, { forward: ['enable'], finish: record.activate, undo: 'disable', afterUndo: record.revert });
}

/** Makes a soft-deleted tenant what it was before, active or suspended, or leaves it deleted. */
export function restoreTenant(input: OperationInput): Promise<string> {
  return allOrNothing(input, {
    forward: ['enable'],
    finish: (step, { goal }) => (goal === 'suspended' ? record.suspend(step) : record.activate(step)),
    undo: 'disable',
    afterUndo: record.revert,
  });
}
