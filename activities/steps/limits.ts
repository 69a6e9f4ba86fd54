import type { LimitState, Notes, Target } from '../../backends/backend';
import { classifyErrors } from '../backend-call';
import { findPlan } from '../plans';
import { changeUntilSettled } from './access';
import { assertOurs, loadPresentEntry, withNotes, type StepScope, type VerifiedEntry } from './scope';

/** Sets the limits of the plan that the operation leads to; those that there were are kept before. */
export async function limit(scope: StepScope): Promise<string> {
  const { backend, plans, operationPlan } = scope;
  const { entry, target } = await loadOurs(scope);
  const plan = findPlan(plans, operationPlan);
  // What an earlier attempt has kept counts: what is there now may be that one's own.
  const before =
    entry.limitsBefore === null ? await classifyErrors(backend, () => backend.readLimits(target)) : undefined;
  const limited: Target = { ...target, ...(plan === undefined ? {} : { plan }) };
  const notes = await change(scope, entry, limited, (at) => backend.limit(at), before);
  const what = operationPlan === null ? 'no plan limits it any more' : `it has the limits of plan ${operationPlan}`;
  return withNotes(`${entry.name}: ${what}`, notes);
}

/** Sets the limits back to what they were before the operation. */
export async function relimit(scope: StepScope): Promise<string> {
  const { backend } = scope;
  const { entry, target } = await loadOurs(scope);
  const before = entry.limitsBefore as LimitState | null;
  if (before === null) return `nothing to set back: the limits of ${entry.name} were not changed`;
  const notes = await change(scope, entry, target, (at) => backend.relimit(at, before));
  return withNotes(`${entry.name} has the limits that it had before`, notes);
}

/** @throws BackendFault as {@link loadPresentEntry} and {@link assertOurs} */
async function loadOurs(scope: StepScope): Promise<{ entry: VerifiedEntry; target: Target }> {
  const ours = await loadPresentEntry(scope);
  await assertOurs(scope, ours.entry, ours.target);
  return ours;
}

async function change(
  scope: StepScope,
  entry: VerifiedEntry,
  target: Target,
  call: (target: Target) => Promise<Notes>,
  limitsBefore?: LimitState,
): Promise<Notes> {
  const kept = limitsBefore === undefined ? {} : { limitsBefore };
  const notes = await changeUntilSettled(scope, { entry, target, kept }, call, async () => []);
  await scope.ledger.recordSettled(entry, scope.held);
  return notes;
}
