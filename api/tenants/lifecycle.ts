import type { OperationKind, TenantStatus } from '@freeflow/contract';
import type { ProblemCode } from '@freeflow/contract';

/** What can be asked of a tenant that is there. */
export const ACTIONS = [
  'suspend',
  'resume',
  'soft_delete',
  'restore',
  'hard_delete',
  'hard_delete_forced',
  'adopt',
] as const;
export type Action = (typeof ACTIONS)[number];

/** How a tenant can stand when nothing is under way with it: its status, or gone, or registered without ever being provisioned. */
export const SITUATIONS = ['provisioning', 'active', 'suspended', 'deleting', 'deleted', 'gone', 'registered'] as const;
export type Situation = (typeof SITUATIONS)[number];

/** Accepted; nothing to do, since it is so already; or refused, by the code of the problem. */
export type Decision = 'accept' | 'nothing' | ProblemCode;

type Row = Readonly<Record<Situation, Decision>>;

const GONE_OR_REGISTERED = { gone: 'tenant-unknown', registered: 'registered-only' } as const;
/** Half-made or half-dropped, and nothing under way: what a skipped step leaves. Deleting it for good is the way on. */
const HALF = { provisioning: 'never-active', deleting: 'being-deleted' } as const;

/** The table: what each action does in each situation, while no operation is under way. */
export const DECISIONS: Readonly<Record<Action, Row>> = {
  suspend: { ...HALF, active: 'accept', suspended: 'nothing', deleted: 'soft-deleted', ...GONE_OR_REGISTERED },
  resume: { ...HALF, active: 'nothing', suspended: 'accept', deleted: 'soft-deleted', ...GONE_OR_REGISTERED },
  soft_delete: { ...HALF, active: 'accept', suspended: 'accept', deleted: 'nothing', ...GONE_OR_REGISTERED },
  restore: { ...HALF, active: 'nothing', suspended: 'nothing', deleted: 'accept', ...GONE_OR_REGISTERED },
  hard_delete: {
    provisioning: 'accept',
    active: 'force-required',
    suspended: 'accept',
    deleting: 'accept',
    deleted: 'accept',
    ...GONE_OR_REGISTERED,
  },
  hard_delete_forced: {
    provisioning: 'accept',
    active: 'accept',
    suspended: 'accept',
    deleting: 'accept',
    deleted: 'accept',
    gone: 'tenant-unknown',
    registered: 'accept',
  },
  adopt: {
    provisioning: 'accept',
    active: 'accept',
    suspended: 'accept',
    deleting: 'accept',
    deleted: 'accept',
    ...GONE_OR_REGISTERED,
  },
};

/** The operation an action becomes. */
export const KIND_OF: Readonly<Record<Action, OperationKind>> = {
  suspend: 'suspend',
  resume: 'resume',
  soft_delete: 'soft_delete',
  restore: 'restore',
  hard_delete: 'hard_delete',
  hard_delete_forced: 'hard_delete',
  adopt: 'adopt',
};

/** Operations under way that do the very thing that is asked for; all others make it wait. */
const DOES_IT: Readonly<Record<Action, readonly OperationKind[]>> = {
  suspend: ['suspend'],
  resume: ['resume'],
  soft_delete: ['soft_delete'],
  restore: ['restore'],
  hard_delete: ['hard_delete', 'purge'],
  hard_delete_forced: ['hard_delete', 'purge'],
  adopt: ['adopt'],
};

/** The one place where it is decided whether something may be asked of a tenant. */
export function decide(action: Action, situation: Situation, underWay: OperationKind | undefined): Decision {
  if (underWay === undefined) return DECISIONS[action][situation];
  if (DOES_IT[action].includes(underWay)) return 'nothing';
  // What is under way may be waiting for it.
  if (action === 'adopt') return DECISIONS[action][situation];
  // Force interrupts: what is under way turns round, and the deletion follows.
  return action === 'hard_delete_forced' ? 'accept' : 'operation-in-progress';
}

export function situationOf({
  status,
  isGone,
  isRegisteredOnly,
}: {
  status: TenantStatus;
  isGone: boolean;
  isRegisteredOnly: boolean;
}): Situation {
  if (isGone) return 'gone';
  return isRegisteredOnly ? 'registered' : status;
}
