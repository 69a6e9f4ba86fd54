import type { BackendVerb } from '../backend-verbs';
import type { ProblemCode } from '../problems';
import type { OperationGoal, TenantSituation, TenantStatus } from '../states';
import type { RecordStepName } from '../step-names';
import type { OperationKind } from './kinds';

/** Accepted; nothing to do, since it is so already; or refused, by the code of the problem. */
export type Decision = 'accept' | 'nothing' | ProblemCode;

interface RequestRow {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly path: `/tenants${string}`;
  /** The query that makes it this request, as parsed: with the defaults filled in. */
  readonly query?: Readonly<Record<string, string>>;
  /** What its body has, for people, where that makes it this request. */
  readonly body?: `{${string}}`;
  /** It says more than its path does. */
  readonly takesBody?: true;
  /** Whether the operation is recorded with force. */
  readonly isForced: boolean;
  /** What comes of it in each situation, while no operation is in progress; null where there is no tenant yet. */
  readonly decisions: Readonly<Record<TenantSituation, Decision>> | null;
  /** Operations in progress that do exactly what is requested: then there is nothing to do. */
  readonly isDoneBy: readonly OperationKind[];
  /** What comes of it beside any other operation in progress: refused, or decided as if there was none. */
  readonly beside: 'is-refused' | 'interrupts' | 'goes-beside';
  /**
   * Operations in progress that don't keep it out, whatever `beside` says: each is undone, or gives up what it insists
   * on, and this one follows.
   */
  readonly interrupts?: readonly OperationKind[];
}

interface CommonRow {
  /** In one sentence, for API and command line. */
  readonly summary: string;
  /** The workflow type that carries it out. */
  readonly workflow: string;
  /** From which statuses it may begin. What the API has accepted is checked once more when its run begins. */
  readonly from: readonly [TenantStatus, ...TenantStatus[]];
  /** Who decides that it is done. */
  readonly askedBy: 'admin' | 'on-call' | 'retention' | 'schedule';
  /**
   * Who comes first where many wait for the same workers, from 1: cutting a tenant off can't wait behind a thousand
   * creates, and no one waits for a purge. A run's activities have its priority.
   */
  readonly priority: 1 | 2 | 3 | 4 | 5;
  /**
   * What it insists on, an undo or what nothing could undo, is given up where it is interrupted: what follows cuts off
   * or drops what is left of it, or it stays due.
   */
  readonly yields?: true;
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
   * What it means for the tenant's access. A tenant that is cut off already is not cut off again, and one that is to
   * stay cut off is given nothing back: then the master database alone is touched. `unchanged`: the backends are
   * touched in any status.
   */
  readonly changesAccess: 'takes' | 'gives' | 'unchanged';
  /**
   * How it is undone at every backend (null: what was done stays, and is recorded), the step in the master database
   * after that, and whether a parked step that is not answered is undone after a configured time; null where there is
   * no way back.
   */
  readonly undo: {
    readonly verb: BackendVerb | null;
    readonly then: 'restore-status' | 'mark-gone';
    readonly isForUnanswered: boolean;
  } | null;
  /** The step in the master database by which it is done, where its goal doesn't say it all. */
  readonly settledBy?: RecordStepName;
  /** What is done at each backend after that, for as long as it takes, and the step in the records at its end. */
  readonly after?: { readonly verb: BackendVerb; readonly then: RecordStepName };
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
