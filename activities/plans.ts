import type { Plan, Plans } from '@freeflow/contract/plans';
import { BackendFault } from '../backends/failures';

/**
 * The plan of a name; nothing for a tenant that has none.
 * @throws BackendFault `unknown-plan` where the worker's file has none of that name
 */
export function findPlan(plans: Plans, name: string | null): Plan | undefined {
  if (name === null) return undefined;
  const plan = plans.get(name);
  if (plan === undefined) throw new BackendFault('unknown-plan', describeUnknown(plans, name));
  return plan;
}

/** Why a plan isn't there, for people. */
export const describeUnknown = (plans: Plans, name: string): string =>
  plans.size === 0
    ? `there is no plan ${name}: PLANS_FILE is not set`
    : `there is no plan ${name} in PLANS_FILE, but ${[...plans.keys()].join(', ')}`;
