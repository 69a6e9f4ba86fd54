import type { BackendKind } from './backends';
import { isDeletion, rowOf } from './operations/derived';
import { OPERATION_KINDS, type OperationKind } from './operations/kinds';
import { SCHEDULE } from './rotation';

/**
 * What every operation's workflow is started with. All else is read from the master database, under the tenant's lock.
 */
export interface OperationInput {
  operationId: string;
  tenantId: string;
  /** Goes with it to every step; left out where its request is not traced. */
  trace?: OperationTrace;
}

/** What a step needs to know to be seen in the trace of the request that its operation is for. */
export interface OperationTrace {
  /** That of the request: https://www.w3.org/TR/trace-context/#traceparent-header */
  traceparent: string;
  kind: OperationKind;
}

/** What an adoption is started with. */
export interface AdoptionInput extends OperationInput {
  backend: BackendKind;
}

/** An accepted operation, as far as starting its workflow needs to know it. */
export interface AcceptedOperation extends Omit<OperationInput, 'trace'> {
  kind: OperationKind;
  tenantName: string;
  requestedBy: string;
  /** The kinds of operation that it interrupts: a run of one of them that is in the way is signalled. */
  interrupts: readonly OperationKind[];
  /** What an adoption is about; null for all others. */
  backend: BackendKind | null;
  /** That of its request; null, or left out, where that is not traced. */
  traceparent?: string | null;
}

/**
 * Which operations of its tenant that are in progress it ends: a forced deletion all, what cuts off the rotations. None
 * an adoption, which goes beside.
 */
export function interruptedBy(kind: OperationKind, force: boolean): readonly OperationKind[] {
  if (force && isDeletion(kind)) return OPERATION_KINDS.filter((it) => it !== 'adopt');
  return Object.values(rowOf(kind).requests).flatMap(({ interrupts = [] }) => interrupts);
}

/**
 * A forced deletion cuts off as well, so it comes as early as a suspend; a rotation that nobody has asked for as late
 * as a purge.
 */
export function priorityOf({
  kind,
  interrupts,
  requestedBy,
}: Pick<AcceptedOperation, 'kind' | 'interrupts' | 'requestedBy'>): number {
  if (kind === 'rotate' && requestedBy === SCHEDULE) return rowOf('purge').priority;
  return rowOf(interrupts.length > 0 ? 'suspend' : kind).priority;
}

/** What a reconciliation is started with. */
export interface Reconciliation {
  requestedBy: string;
  /** Whether what is safe to repair is repaired; never drops anything. */
  fix: boolean;
}

/** The one resource that a person wants dropped, and who that is. */
export interface OrphanOrder {
  backend: BackendKind;
  name: string;
  /** What the server calls it, or its nonce where the server has no id. */
  externalId: string;
  requestedBy: string;
}

/** The queue of workflows, and of activities in the master database alone. */
export const DEFAULT_TASK_QUEUE = 'freeflow';
/** Each backend's own queue: a slow backend delays no other one's activities. */
export const backendQueueOf = (taskQueue: string, backend: BackendKind): string => `${taskQueue}-${backend}`;

/**
 * One workflow id per tenant, for all its operations: Temporal then excludes two open runs on one tenant. An adoption
 * alone goes beside them, since the run that waits for it is still open.
 */
export const workflowIdOf = (tenantId: string, adopted: BackendKind | null = null): string =>
  adopted === null ? `tenant-${tenantId}` : `adopt-${tenantId}-${adopted}`;

/** One sweep per task queue, as a schedule and as a workflow: `freeflow-sweep` for the default one. */
export const sweepIdOf = (taskQueue: string): string => `${taskQueue}-sweep`;
/** One reconciler per task queue, as a schedule and as a workflow. */
export const reconcileIdOf = (taskQueue: string): string => `${taskQueue}-reconcile`;
/** What keeps the pool of one backend. */
export const poolIdOf = (taskQueue: string, backend: BackendKind): string => `${taskQueue}-pool-${backend}`;
/** What upgrades the fleet; started again while it runs, it is the same one. */
export const fleetIdOf = (taskQueue: string, id: string): string => `${taskQueue}-fleet-${id}`;
/** The revealing of credentials that one request asks for. */
export const revealIdOf = (taskQueue: string, requestId: string): string => `${taskQueue}-reveal-${requestId}`;
/** The drop of one orphan; requested again while it runs, it is the same one. */
export const orphanDropIdOf = (taskQueue: string, { backend, name, externalId }: OrphanOrder): string =>
  `${taskQueue}-drop-${backend}-${name}-${externalId}`;
