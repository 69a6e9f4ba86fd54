import { TENANT_STATUSES } from '../states';
import type { OperationKind } from './kinds';
import type { OperationRow } from './row';

const GONE_OR_REGISTERED = { gone: 'tenant-unknown', registered: 'registered-only' } as const;
/**
 * Half created or half dropped, and nothing in progress: what a skipped step leaves. Deleting it for good is the way
 * on.
 */
const HALF = { provisioning: 'never-active', deleting: 'being-deleted' } as const;
const ANY_STATUS = {
  provisioning: 'accept',
  active: 'accept',
  suspended: 'accept',
  deleting: 'accept',
  deleted: 'accept',
} as const;

/** Whoever cuts a tenant off does not wait for these: access is cut by every credential, also one that is left. */
const ROTATIONS = ['rotate', 'retire'] as const;

/** The operations: one row each, from which every other table is derived. What a field means: {@link OperationRow}. */
export const OPERATIONS = {
  create: {
    summary: 'Create a tenant at every backend, or nothing at all',
    workflow: 'provisionTenant',
    from: ['provisioning'],
    goals: ['active'],
    touches: 'every-backend',
    changesAccess: 'gives',
    forward: ['create', 'apply', 'probe'],
    undo: { verb: 'drop', then: 'mark-gone', isForUnanswered: true },
    askedBy: 'admin',
    priority: 3,
    requests: {
      create: {
        method: 'POST',
        path: '/tenants',
        isForced: false,
        decisions: null,
        isDoneBy: [],
        beside: 'is-refused',
      },
    },
  },
  suspend: {
    summary: 'Cut a tenant off at every backend, open sessions included; its data stays',
    workflow: 'suspendTenant',
    from: ['active'],
    goals: ['suspended'],
    touches: 'every-backend',
    changesAccess: 'takes',
    forward: ['disable'],
    undo: { verb: 'enable', then: 'restore-status', isForUnanswered: false },
    askedBy: 'admin',
    priority: 1,
    requests: {
      suspend: {
        method: 'POST',
        path: '/tenants/:id/suspend',
        isForced: false,
        decisions: { ...HALF, active: 'accept', suspended: 'nothing', deleted: 'soft-deleted', ...GONE_OR_REGISTERED },
        isDoneBy: ['suspend'],
        beside: 'is-refused',
        interrupts: ROTATIONS,
      },
    },
  },
  resume: {
    summary: 'Give a suspended tenant its access back',
    workflow: 'resumeTenant',
    from: ['suspended'],
    goals: ['active'],
    touches: 'every-backend',
    changesAccess: 'gives',
    forward: ['enable'],
    undo: { verb: 'disable', then: 'restore-status', isForUnanswered: false },
    askedBy: 'admin',
    priority: 2,
    requests: {
      resume: {
        method: 'POST',
        path: '/tenants/:id/resume',
        isForced: false,
        decisions: { ...HALF, active: 'nothing', suspended: 'accept', deleted: 'soft-deleted', ...GONE_OR_REGISTERED },
        isDoneBy: ['resume'],
        beside: 'is-refused',
      },
    },
  },
  soft_delete: {
    summary: 'Cut a tenant off at every backend and keep its data for the retention time only',
    workflow: 'softDeleteTenant',
    from: ['active', 'suspended'],
    goals: ['deleted'],
    touches: 'every-backend',
    changesAccess: 'takes',
    forward: ['disable'],
    undo: { verb: 'enable', then: 'restore-status', isForUnanswered: false },
    askedBy: 'admin',
    priority: 1,
    requests: {
      soft_delete: {
        method: 'DELETE',
        path: '/tenants/:id',
        query: { mode: 'soft' },
        isForced: false,
        decisions: { ...HALF, active: 'accept', suspended: 'accept', deleted: 'nothing', ...GONE_OR_REGISTERED },
        isDoneBy: ['soft_delete'],
        beside: 'is-refused',
        interrupts: ROTATIONS,
      },
    },
  },
  restore: {
    summary: 'Make a soft-deleted tenant what it was before, active or suspended',
    workflow: 'restoreTenant',
    from: ['deleted'],
    goals: ['active', 'suspended'],
    touches: 'every-backend',
    changesAccess: 'gives',
    forward: ['enable'],
    undo: { verb: 'disable', then: 'restore-status', isForUnanswered: false },
    askedBy: 'admin',
    priority: 2,
    requests: {
      restore: {
        method: 'POST',
        path: '/tenants/:id/restore',
        isForced: false,
        decisions: { ...HALF, active: 'nothing', suspended: 'nothing', deleted: 'accept', ...GONE_OR_REGISTERED },
        isDoneBy: ['restore'],
        beside: 'is-refused',
      },
    },
  },
  hard_delete: {
    summary: 'Drop everything of a tenant now, for good',
    workflow: 'deleteTenant',
    from: TENANT_STATUSES,
    goals: ['gone'],
    touches: 'every-backend',
    changesAccess: 'unchanged',
    forward: ['drop'],
    undo: null,
    askedBy: 'admin',
    priority: 4,
    requests: {
      hard_delete: {
        method: 'DELETE',
        path: '/tenants/:id',
        query: { mode: 'hard', force: 'false' },
        isForced: false,
        decisions: { ...ANY_STATUS, active: 'force-required', ...GONE_OR_REGISTERED },
        isDoneBy: ['hard_delete', 'purge'],
        beside: 'is-refused',
      },
      hard_delete_forced: {
        method: 'DELETE',
        path: '/tenants/:id',
        query: { mode: 'hard', force: 'true' },
        isForced: true,
        decisions: { ...ANY_STATUS, gone: 'tenant-unknown', registered: 'accept' },
        isDoneBy: ['hard_delete', 'purge'],
        beside: 'interrupts',
      },
    },
  },
  purge: {
    summary: 'Drop everything of a soft-deleted tenant whose retention time is over',
    workflow: 'deleteTenant',
    // From `deleting` as well: its own run may begin again.
    from: ['deleted', 'deleting'],
    goals: ['gone'],
    touches: 'every-backend',
    changesAccess: 'unchanged',
    forward: ['drop'],
    undo: null,
    askedBy: 'retention',
    priority: 5,
    requests: {},
  },
  upgrade: {
    summary: 'Apply the newest version of the blueprint to a tenant, and what is missing of it',
    workflow: 'upgradeTenant',
    from: ['active'],
    goals: ['active'],
    touches: 'every-backend',
    changesAccess: 'unchanged',
    forward: ['apply'],
    // A tenant keeps what was applied to it: its data may be in there by now.
    // One that waits for ever would keep suspensions, rotations and the end of old credentials waiting as well.
    undo: { verb: null, then: 'restore-status', isForUnanswered: true },
    askedBy: 'admin',
    priority: 4,
    requests: {
      upgrade: {
        method: 'POST',
        path: '/tenants/:id/upgrade',
        isForced: false,
        decisions: {
          ...HALF,
          active: 'accept',
          suspended: 'suspended',
          deleted: 'soft-deleted',
          ...GONE_OR_REGISTERED,
        },
        isDoneBy: ['upgrade'],
        beside: 'is-refused',
      },
    },
  },
  adopt: {
    summary: "Record the new id of a resource that carries the tenant's ownership nonce, after its server was restored",
    workflow: 'adoptResource',
    from: TENANT_STATUSES,
    goals: [],
    touches: 'one-backend',
    changesAccess: 'unchanged',
    forward: ['adopt'],
    undo: null,
    askedBy: 'on-call',
    priority: 2,
    requests: {
      adopt: {
        method: 'POST',
        path: '/tenants/:id/adopt',
        takesBody: true,
        isForced: false,
        decisions: { ...ANY_STATUS, ...GONE_OR_REGISTERED },
        isDoneBy: ['adopt'],
        // What is in progress may be waiting for it.
        beside: 'goes-beside',
      },
    },
  },
  change_plan: {
    summary: 'Give a tenant the limits of another plan at every backend, or leave it those that it has',
    workflow: 'changePlan',
    from: ['active', 'suspended'],
    // It stays what it is.
    goals: ['active', 'suspended'],
    touches: 'every-backend',
    changesAccess: 'unchanged',
    forward: ['limit'],
    // One that waits for ever would keep suspensions and the end of old credentials waiting as well.
    undo: { verb: 'relimit', then: 'restore-status', isForUnanswered: true },
    askedBy: 'admin',
    priority: 2,
    requests: {
      change_plan: {
        method: 'PATCH',
        path: '/tenants/:id',
        body: '{plan}',
        isForced: false,
        decisions: {
          ...HALF,
          active: 'accept',
          suspended: 'accept',
          deleted: 'soft-deleted',
          ...GONE_OR_REGISTERED,
        },
        isDoneBy: [],
        beside: 'is-refused',
      },
    },
  },
  rotate: {
    summary: 'Give a tenant new credentials; those before stay valid for a time, and are then ended',
    workflow: 'rotateCredentials',
    from: ['active'],
    goals: ['active'],
    touches: 'every-backend',
    changesAccess: 'unchanged',
    forward: ['issue'],
    undo: { verb: 'withdraw', then: 'restore-status', isForUnanswered: true },
    settledBy: 'switch-credentials',
    after: { verb: 'retire', then: 'end-rotation' },
    yields: true,
    askedBy: 'admin',
    priority: 2,
    requests: {
      rotate: {
        method: 'POST',
        path: '/tenants/:id/rotate',
        takesBody: true,
        isForced: false,
        decisions: {
          ...HALF,
          active: 'accept',
          suspended: 'cut-off',
          deleted: 'soft-deleted',
          ...GONE_OR_REGISTERED,
        },
        isDoneBy: [],
        beside: 'is-refused',
      },
    },
  },
  retire: {
    summary: 'End the credentials that a rotation has replaced, once their time is over',
    workflow: 'retireCredentials',
    from: ['active'],
    goals: ['active'],
    touches: 'every-backend',
    changesAccess: 'unchanged',
    forward: ['retire'],
    undo: null,
    settledBy: 'end-rotation',
    yields: true,
    askedBy: 'schedule',
    priority: 3,
    requests: {},
  },
} as const satisfies Record<OperationKind, OperationRow>;

export type OperationTable = typeof OPERATIONS;
