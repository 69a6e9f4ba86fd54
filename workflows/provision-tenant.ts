import { allOrNothing } from './all-or-nothing';
import type { OperationInput } from './messages';
import { record } from './steps';

/** Makes a tenant in all backends and activates it, or leaves nothing of it behind. */
export function provisionTenant(input: OperationInput): Promise<string> {
  return allOrNothing(input, {
    forward: ['create', 'probe'],
    finish: record.activate,
    undo: 'drop',
    afterUndo: record.close,
  });
}
