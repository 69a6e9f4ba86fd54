import {
  commandAdviceOn,
  decide,
  ENDED_STATES,
  isDeletion,
  operationTitle,
  PROBLEMS,
  rowOf,
  situationOf,
  type OperationKind,
  type ProblemCode,
} from '@freeflow/contract';
import type { OperationBody, TenantBody, TenantEntry } from '@freeflow/contract/http';
import { changesOfNew, identityChanges } from './identity-changes';
import type { Access, Planned, PlannedOf } from './planned';

const ENDED: readonly string[] = ENDED_STATES;

/** The operation that is in progress on a tenant. */
export const openOperationOf = ({ operation }: Pick<TenantBody, 'operation'>): OperationBody | undefined =>
  operation === null || ENDED.includes(operation.state) ? undefined : operation;

/** What is to be done about one tenant of the file. Pure: by what was read of it alone. */
export function planEntry(entry: TenantEntry, tenant: TenantBody | undefined): Planned {
  const { name } = entry;
  if (tenant === undefined) return { action: 'create', name, entry, changes: changesOfNew(entry) };
  const open = openOperationOf(tenant);
  const obstacle = obstacleOf(tenant, open);
  if (obstacle !== undefined) return blocked(name, obstacle, open);
  const access = planAccess(entry, tenant, open);
  if (access.refusal !== undefined) return blocked(name, access.refusal, open);
  const isPlanAwaited = open?.kind === 'change_plan' && (entry.plan === undefined || entry.plan === open.plan);
  const awaits = open?.kind === 'create' || access.isAwaited || isPlanAwaited ? open : undefined;
  if (awaits?.state === 'undoing' || awaits?.state === 'parked') return blocked(name, 'operation-in-progress', awaits);
  const { changes, patch } = identityChanges(entry, isPlanAwaited ? { ...tenant, plan: open.plan } : tenant);
  // Another operation refuses it; of a plan that is being changed it is not said yet what it will be.
  const changesPlan = changes.some(({ field }) => field === 'plan') || (open?.kind === 'change_plan' && !isPlanAwaited);
  if (changesPlan && open !== undefined && awaits === undefined) return blocked(name, 'operation-in-progress', open);
  if (changes.length === 0 && access.request === undefined && awaits === undefined)
    return { action: 'unchanged', name };
  const isCutOff = entry.suspended === true;
  return {
    action: 'change',
    name,
    entry,
    tenant,
    changes:
      access.request === undefined ? changes : [...changes, { field: 'suspended', from: !isCutOff, to: isCutOff }],
    ...(patch === undefined ? {} : { patch }),
    ...(access.request === undefined ? {} : { access: access.request }),
    ...(awaits === undefined ? {} : { awaits }),
  };
}

/** Why nothing at all is done about it: it is deleted, is being, or was never completed. */
function obstacleOf({ status }: TenantBody, open: OperationBody | undefined): ProblemCode | undefined {
  if (open !== undefined && isRemoval(open.kind)) return 'operation-in-progress';
  if (status === 'deleted') return open === undefined ? 'soft-deleted' : 'operation-in-progress';
  if (status === 'deleting') return 'being-deleted';
  return status === 'provisioning' && open === undefined ? 'never-active' : undefined;
}

const isRemoval = (kind: OperationKind): boolean =>
  isDeletion(kind) || rowOf(kind).goals.some((goal) => goal === 'deleted');

/** Whether it is deleted, softly or for good, or is being. */
export function isLeaving(tenant: Pick<TenantBody, 'status' | 'operation'>): boolean {
  const open = openOperationOf(tenant);
  return tenant.status === 'deleted' || tenant.status === 'deleting' || (open !== undefined && isRemoval(open.kind));
}

interface AccessPlan {
  request?: Access;
  /** What is in progress leads there. */
  isAwaited: boolean;
  refusal?: ProblemCode;
}

/** By the table that the API decides by. */
function planAccess({ suspended }: TenantEntry, tenant: TenantBody, open: OperationBody | undefined): AccessPlan {
  if (suspended === undefined) return { isAwaited: false };
  const request = suspended ? 'suspend' : 'resume';
  // Its create comes first.
  if (tenant.status === 'provisioning') return suspended ? { request, isAwaited: false } : { isAwaited: false };
  const isSo = tenant.status === (suspended ? 'suspended' : 'active');
  if (isSo && open === undefined) return { isAwaited: false };
  const situation = situationOf({
    status: tenant.status,
    isGone: false,
    isRegisteredOnly: tenant.operation === null,
  });
  const decision = decide(request, situation, open?.kind);
  if (decision === 'accept') return { request, isAwaited: false };
  return decision === 'nothing' ? { isAwaited: open !== undefined } : { isAwaited: false, refusal: decision };
}

/** The reason, and the way out in commands. */
export function blocked(name: string, code: ProblemCode, open: OperationBody | undefined): PlannedOf<'blocked'> {
  if (open === undefined)
    return { action: 'blocked', name, code, why: lowerFirst(PROBLEMS[code].title), advice: adviceOn(code, name) };
  const title = operationTitle(open.kind);
  if (open.state === 'parked') {
    const { step = '', cause = '' } = open.parked[0] ?? {};
    return {
      action: 'blocked',
      name,
      code: 'parked',
      why: `its ${title} is parked at ${step}: ${cause}`,
      advice: `See what to do, and answer it: freeflow tenants show ${name}`,
    };
  }
  return {
    action: 'blocked',
    name,
    code,
    why: open.state === 'undoing' ? `its ${title} is being rolled back` : `its ${title} is in progress`,
    advice: `Apply again once it has ended: freeflow tenants watch ${name}`,
  };
}

const adviceOn = (code: ProblemCode, name: string): string =>
  (commandAdviceOn(code) ?? '').replaceAll(/\bNAME\b/g, name);

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
