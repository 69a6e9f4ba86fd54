import {
  findProtection,
  interruptedBy,
  isDeletion,
  isOverlapInTheWay,
  isStatusOperation,
  operationTitle,
  OPERATIONS,
  PROBLEMS,
  rowOf,
  type OperationGoal,
  type OperationKind,
  type StepFailure,
  type TenantStatus,
} from '@freeflow/contract';
import type { Tenant, TenantOperation } from '@freeflow/db-master';
import { interruptionFor, readRollbackReason } from './operation-row';

/** All that decides whether an operation may begin. */
export interface BeginFacts {
  tenant: Pick<Tenant, 'name' | 'status' | 'goneAt' | 'purgeAt' | 'holdUntil' | 'holdReason' | 'deletionProtected'>;
  operation: Pick<
    TenantOperation,
    'kind' | 'force' | 'state' | 'undoing' | 'fromStatus' | 'step' | 'cause' | 'advice' | 'overlapS'
  >;
  /** By the master database's clock. */
  now: Date;
  /** The kind of an operation of the same tenant that waits for this one to end. */
  interrupter: OperationKind | undefined;
  /** The tenant's status before its last soft delete, if there was one. */
  statusBeforeDeletion: TenantStatus | undefined;
  /** Of a rotation, and of what ends one: the credentials beside those that are handed out. None for all others. */
  credentials?: CredentialFacts | undefined;
  /** Accepted by an upgrade of the fleet, which leaves what is on hold for later. */
  isOfFleet?: boolean;
}

export interface CredentialFacts {
  /** How many at most are still valid at one backend. */
  stillThere: number;
  /** Whether those of this very rotation are handed out already: it can't be undone. */
  isSwitched: boolean;
  /** Whether the time of some is over. */
  isSomeOverdue: boolean;
}

export type BeginDecision =
  /** There is nothing left to do: the operation is done. */
  | { verdict: 'over'; reason: string }
  | { verdict: 'refused'; failure: StepFailure }
  | {
      verdict: 'go';
      /** The status before the operation, to which it is rolled back. */
      from: TenantStatus;
      goal: OperationGoal;
      /** Ends the other open operations of the tenant. */
      interruptsOthers: boolean;
      /** Set where it begins on its way back. */
      rollbackReason?: StepFailure;
    };

/**
 * Decides, when a run begins, what becomes of its operation: the tenant may have changed since the API accepted it, and
 * another run may have left the operation halfway. Pure.
 */
export function decideBegin(facts: BeginFacts): BeginDecision {
  const { tenant, operation, interrupter } = facts;
  const { kind, force, fromStatus } = operation;
  if (tenant.goneAt !== null && isDeletion(kind)) return { verdict: 'over', reason: `${tenant.name} is gone already` };
  const isOverdue = facts.credentials?.isSomeOverdue ?? true;
  if (kind === 'retire' && tenant.status === 'active' && fromStatus === null && !isOverdue)
    return { verdict: 'over', reason: `no credential of ${tenant.name} is to be ended` };
  const failure = findRefusal(facts) ?? findForbidding(facts) ?? findOverlap(facts);
  if (failure !== undefined) return { verdict: 'refused', failure };
  // What has touched nothing yet needs no rollback; a create has to give its name back in any case.
  const isCreate = rowOf(kind).undo?.then === 'mark-gone';
  // And what can't be undone any more, but may be left for what waits.
  const isLeft = kind === 'retire' || facts.credentials?.isSwitched === true;
  if (interrupter !== undefined && ((fromStatus === null && !isCreate) || isLeft))
    return { verdict: 'refused', failure: interruptionFor(interrupter) };
  const rollbackReason = findRollbackReason(facts);
  return {
    verdict: 'go',
    from: fromStatus ?? tenant.status,
    goal: findGoal(facts),
    interruptsOthers: interruptedBy(kind, force).length > 0,
    ...(rollbackReason === undefined ? {} : { rollbackReason }),
  };
}

/** Why an operation that was accepted may not begin any more: the tenant is another than it was then. */
function findRefusal(facts: BeginFacts): StepFailure | undefined {
  const cause = findChange(facts);
  if (cause === undefined) return undefined;
  return { step: 'begin', cause, advice: 'Check the tenant as it is now, then request it again.' };
}

function findChange({ tenant, operation, now }: BeginFacts): string | undefined {
  const { status, goneAt, name, purgeAt } = tenant;
  const { kind, force, fromStatus } = operation;
  if (goneAt !== null) return `tenant ${name} is gone`;
  const from: readonly TenantStatus[] = OPERATIONS[kind].from;
  if (!from.includes(status)) return `tenant ${name} is ${status}; ${operationTitle(kind)} needs ${from.join(' or ')}`;
  if (kind === 'hard_delete' && status === 'active' && !force)
    return `tenant ${name} is active, and the deletion is not forced`;
  // Once its run has begun it goes on, even if that changes.
  if (kind !== 'purge' || fromStatus !== null) return undefined;
  if (purgeAt === null) return `tenant ${name} has no purge date: it is kept`;
  return purgeAt > now ? `tenant ${name} is to be kept until ${purgeAt.toISOString()}` : undefined;
}

/**
 * What was set to keep the tenant since the deletion was accepted. It counts until the deletion begins: from then on
 * something may be dropped already, and the API sets neither any more.
 */
function findForbidding({ tenant, operation, now, isOfFleet = false }: BeginFacts): StepFailure | undefined {
  const { name, holdUntil, holdReason } = tenant;
  // By a hold data is to stay as it is: of one tenant a person may decide otherwise, of a fleet nobody does.
  const isLeft = isOfFleet && holdUntil !== null && holdUntil > now;
  const found = isLeft ? 'on-hold' : findProtection(operation.kind, tenant, now);
  const by = operation.fromStatus === null ? found : undefined;
  if (by === undefined) return undefined;
  const why = holdReason === null ? '' : `: ${holdReason}`;
  const cause =
    by === 'on-hold'
      ? `tenant ${name} is on hold until ${holdUntil?.toISOString() ?? 'now'}${why}`
      : `tenant ${name} is protected from deletion`;
  return { step: 'begin', cause, advice: PROBLEMS[by].advice };
}

/**
 * Those before the last ones would stay valid for longer than was promised, or there would be too many. What has begun
 * goes on.
 */
function findOverlap({ tenant: { name }, operation, credentials }: BeginFacts): StepFailure | undefined {
  if (operation.kind !== 'rotate' || operation.fromStatus !== null) return undefined;
  if (!isOverlapInTheWay(credentials?.stillThere ?? 0, operation.overlapS ?? 0)) return undefined;
  const cause = `old credentials of tenant ${name} are still valid`;
  return { step: 'begin', cause, advice: PROBLEMS['overlap-open'].advice };
}

function findRollbackReason({ operation, interrupter }: BeginFacts): StepFailure | undefined {
  if (operation.state === 'undoing' || operation.undoing) return readRollbackReason(operation);
  return interrupter === undefined ? undefined : interruptionFor(interrupter);
}

const isGoal = (kind: OperationKind, status: TenantStatus): status is TenantStatus & OperationGoal =>
  rowOf(kind).goals.some((it) => it === status);

/**
 * Where the operation leads: to what the tenant is, where it changes no access. A restored one that was suspended when
 * it was deleted is suspended again.
 * @throws Error for a kind that leaves the tenant's status alone: it has steps of its own
 */
function findGoal({ tenant, operation: { kind, fromStatus }, statusBeforeDeletion }: BeginFacts): OperationGoal {
  if (!isStatusOperation(kind)) throw new Error(`${operationTitle(kind)} leads nowhere: it leaves the tenant as it is`);
  const [first, ...others]: readonly [OperationGoal, ...OperationGoal[]] = OPERATIONS[kind].goals;
  const now = fromStatus ?? tenant.status;
  if (rowOf(kind).changesAccess === 'unchanged' && isGoal(kind, now)) return now;
  return others.find((it) => it === statusBeforeDeletion) ?? first;
}
