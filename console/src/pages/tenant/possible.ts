import {
  decide,
  findProtection,
  isOpenState,
  OPERATION_REQUESTS,
  PROBLEMS,
  situationOf,
  type ProblemCode,
  type TenantRequestName,
} from '@freeflow/contract';
import type { TenantBody } from '@freeflow/contract/http';

/** Why nothing can be done with a tenant any more. */
export const IT_IS_GONE = 'It is gone';

/** What a person can do with a tenant on its page. */
const ACTIONS = ['suspend', 'resume', 'rotate', 'soft_delete', 'restore', 'hard_delete'] as const;
export type ActionName = (typeof ACTIONS)[number];

/** Whether an action is possible now; if not, why. */
export interface Possibility {
  name: ActionName;
  /** The request that is sent for it; undefined while it is not possible. */
  request: TenantRequestName | undefined;
  /** Why it is not possible. */
  reason: string | null;
}

/** What is possible for a tenant as it is, by the table the API decides by. The API decides once more. */
export const possibilitiesOf = (tenant: TenantBody, now: Date): Possibility[] =>
  ACTIONS.map((name) => possibilityOf(name, tenant, now));

function possibilityOf(name: ActionName, tenant: TenantBody, now: Date): Possibility {
  const impossible = (reason: string): Possibility => ({ name, request: undefined, reason });
  const { kind } = OPERATION_REQUESTS[name];
  const situation = situationOf({
    status: tenant.status,
    isGone: tenant.goneAt !== null,
    isRegisteredOnly: tenant.operation === null,
  });
  const inProgress =
    tenant.operation !== null && isOpenState(tenant.operation.state) ? tenant.operation.kind : undefined;
  const decisions = requestsFor(name).map((request) => ({ request, decision: decide(request, situation, inProgress) }));
  const accepted = decisions.find(({ decision }) => decision === 'accept');
  if (accepted === undefined) {
    const [{ decision } = { decision: 'nothing' as const }] = decisions;
    return impossible(decision === 'nothing' || decision === 'accept' ? 'It is so already' : titleOf(decision));
  }
  const held = { ...tenant, holdUntil: tenant.holdUntil === null ? null : new Date(tenant.holdUntil) };
  const protectedBy = findProtection(kind, held, now);
  return protectedBy === undefined
    ? { name, request: accepted.request, reason: null }
    : impossible(titleOf(protectedBy));
}

/** A hard delete is forced where it has to be: the dialog says so. */
const requestsFor = (name: ActionName): TenantRequestName[] =>
  name === 'hard_delete' ? [name, 'hard_delete_forced'] : [name];

/** As the API would say it; but that there is none would read odd on its page. */
const titleOf = (code: ProblemCode): string => (code === 'tenant-unknown' ? IT_IS_GONE : PROBLEMS[code].title);
