import type { BackendVerb } from './backend-verbs';
import type { ProblemCode } from './problems';
import { TENANT_STATUSES, type OperationGoal, type TenantSituation, type TenantStatus } from './states';

/** Every operation that can be requested for a tenant. */
export const OPERATION_KINDS = [
  'create',
  'suspend',
  'resume',
  'soft_delete',
  'restore',
  'hard_delete',
  'purge',
  'adopt',
] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

/** Accepted; nothing to do, since it is so already; or refused, by the code of the problem. */
export type Decision = 'accept' | 'nothing' | ProblemCode;

interface RequestRow {
  readonly method: 'POST' | 'DELETE';
  readonly path: `/tenants${string}`;
  /** The query that makes it this request, as parsed: with the defaults filled in. */
  readonly query?: Readonly<Record<string, string>>;
  /** Whether the operation is recorded with force. */
  readonly isForced: boolean;
  /** What comes of it in each situation, while no operation is in progress; null where there is no tenant yet. */
  readonly decisions: Readonly<Record<TenantSituation, Decision>> | null;
  /** Operations in progress that do exactly what is requested: then there is nothing to do. */
  readonly isDoneBy: readonly OperationKind[];
  /** What comes of it beside any other operation in progress: refused, or decided as if there was none. */
  readonly beside: 'is-refused' | 'interrupts' | 'goes-beside';
}

interface CommonRow {
  /** In one sentence, for API and command line. */
  readonly summary: string;
  /** The workflow type that carries it out. */
  readonly workflow: string;
  /** From which statuses it may begin. What the API has accepted is checked once more when its run begins. */
  readonly from: readonly [TenantStatus, ...TenantStatus[]];
  /** Who decides that it is done. */
  readonly askedBy: 'admin' | 'on-call' | 'retention';
  /**
   * Who comes first where many wait for the same workers, from 1: cutting a tenant off can't wait behind a thousand creates, and
   * no one waits for a purge. A run's activities have its priority.
   */
  readonly priority: 1 | 2 | 3 | 4 | 5;
  /** The requests for it, by name. */
  readonly requests: Readonly<Record<string, RequestRow>>;
}

/** Works side by side at every backend. */
interface AtEveryBackend extends CommonRow {
  readonly touches: 'every-backend';
  /** Where it leads; where there are several, the first unless the tenant's history leads to another. */
  readonly goals: readonly [OperationGoal, ...OperationGoal[]];
  /** Done at each backend, one after the other. */
  readonly forward: readonly [BackendVerb, ...BackendVerb[]];
  /**
   * What it means for the tenant's access. A tenant that is cut off already is not cut off again, and one that is to stay cut off
   * is given nothing back: then the master database alone is touched. `unchanged`: the backends are touched in any status.
   */
  readonly changesAccess: 'takes' | 'gives' | 'unchanged';
  /** How it is undone at every backend, the step in the master database after that, and whether a parked step that is not answered is undone after a configured time; null where there is no way back. */
  readonly undo: {
    readonly verb: BackendVerb;
    readonly then: 'restore-status' | 'mark-gone';
    readonly isForUnanswered: boolean;
  } | null;
}

/** Changes the status of the tenant in the master database alone. */
interface InTheRecords extends CommonRow {
  readonly touches: 'records';
  readonly goals: readonly [OperationGoal, ...OperationGoal[]];
  readonly forward: readonly [];
  readonly changesAccess: 'unchanged';
  readonly undo: null;
}

/** Corrects the ledger entry of the one backend that is named, beside other operations; the tenant's status stays. */
interface AtOneBackend extends CommonRow {
  readonly touches: 'one-backend';
  readonly goals: readonly [];
  readonly forward: readonly [BackendVerb];
  readonly changesAccess: 'unchanged';
  readonly undo: null;
}

export type OperationRow = AtEveryBackend | InTheRecords | AtOneBackend;

const GONE_OR_REGISTERED = { gone: 'tenant-unknown', registered: 'registered-only' } as const;
/** Half created or half dropped, and nothing in progress: what a skipped step leaves. Deleting it for good is the way on. */
const HALF = { provisioning: 'never-active', deleting: 'being-deleted' } as const;
const ANY_STATUS = {
  provisioning: 'accept',
  active: 'accept',
  suspended: 'accept',
  deleting: 'accept',
  deleted: 'accept',
} as const;

/** The operations: one row each, from which every other table is derived. What a field means: {@link OperationRow}. */
export const OPERATIONS = {
  create: {
    summary: 'Create a tenant at every backend, or nothing at all',
    workflow: 'provisionTenant',
    from: ['provisioning'],
    goals: ['active'],
    touches: 'every-backend',
    changesAccess: 'gives',
    forward: ['create', 'probe'],
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
        isForced: false,
        decisions: { ...ANY_STATUS, ...GONE_OR_REGISTERED },
        isDoneBy: ['adopt'],
        // What is in progress may be waiting for it.
        beside: 'goes-beside',
      },
    },
  },
} as const satisfies Record<OperationKind, OperationRow>;

export type OperationTable = typeof OPERATIONS;

type Statuses<R extends OperationRow> = R['from'][number];
type Goals<R extends OperationRow> = R['goals'][number];
type AcceptedIn<R extends OperationRow> = {
  [N in keyof R['requests']]: R['requests'][N] extends { decisions: infer D }
    ? { [S in TenantStatus]: D extends Record<S, 'accept'> ? S : never }[TenantStatus]
    : never;
}[keyof R['requests']];

/** The contradiction in a row, as a sentence for the compiler's message; `never` for a sound one. */
export type ContradictionIn<R extends OperationRow> =
  | (R['touches'] extends 'records'
      ? Contradiction<
          Extract<Statuses<R>, Goals<R>>,
          'leads to itself and touches no backend: it would report done and do nothing'
        >
      : never)
  | (R['changesAccess'] extends 'takes'
      ? | Contradiction<
            Extract<Exclude<Statuses<R>, 'active'>, Goals<R>>,
            'leads to itself without access to take: it would report done and do nothing'
          >
        | Contradiction<Extract<Goals<R>, 'active'>, 'is a goal of an operation that takes access'>
      : never)
  | (R['changesAccess'] extends 'gives'
      ? | Contradiction<
            Extract<Statuses<R>, Exclude<Goals<R>, 'active'>>,
            'leads to itself without access to give: it would report done and do nothing'
          >
        | Contradiction<Extract<Statuses<R>, 'active'>, 'has the access already that the operation gives'>
      : never)
  | Contradiction<
      Exclude<AcceptedIn<R>, Statuses<R>>,
      'is accepted by a request and is not in from: its run would refuse it'
    >;
type Contradiction<S extends string, What extends string> = `${S} ${What}`;

type AssertNone<T extends never> = T;
/** Fails to compile where a row contradicts itself, with the reason. */
export type OperationsAreSound = AssertNone<
  { [K in OperationKind]: ContradictionIn<OperationTable[K]> }[OperationKind]
>;

/** The kinds of operation that lead a tenant somewhere; all others correct records beside them. */
export type StatusOperationKind = {
  [K in OperationKind]: OperationTable[K]['goals'] extends readonly [] ? never : K;
}[OperationKind];
/** Those that can be undone as a whole. */
export type UndoableOperationKind = {
  [K in OperationKind]: OperationTable[K]['undo'] extends null ? never : K;
}[OperationKind];
export type WorkflowType = OperationTable[OperationKind]['workflow'];

export const rowOf = (kind: OperationKind): OperationRow => OPERATIONS[kind];

export const isStatusOperation = (kind: OperationKind): kind is StatusOperationKind => rowOf(kind).goals.length > 0;

/** Whether nothing of the tenant is to be left. */
export const isDeletion = (kind: OperationKind): boolean => rowOf(kind).goals.some((goal) => goal === 'gone');

/** An operation in words: `soft delete`. */
export const operationTitle = (kind: OperationKind): string => kind.replaceAll('_', ' ');

/** Whether an operation from this status to this goal has something to do at the backends. */
export function touchesBackends(kind: OperationKind, from: TenantStatus, goal: OperationGoal): boolean {
  const { touches, changesAccess } = rowOf(kind);
  if (touches === 'records') return false;
  if (changesAccess === 'takes') return from === 'active';
  return changesAccess === 'gives' ? goal === 'active' : true;
}
