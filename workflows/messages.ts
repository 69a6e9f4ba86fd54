import type { BackendKind } from '@freeflow/contract';
import { defaultPayloadConverter, toPayloads, type Duration, type Payload } from '@temporalio/common';

/** The workflow type that carries each operation out. */
export const RUNBOOKS = {
  create: 'provisionTenant',
  suspend: 'suspendTenant',
  resume: 'resumeTenant',
  soft_delete: 'softDeleteTenant',
  restore: 'restoreTenant',
  hard_delete: 'deleteTenant',
  purge: 'deleteTenant',
  adopt: 'adoptResource',
} as const;

export type OperationKind = keyof typeof RUNBOOKS;

/** What every step and every cause means, for people; its anchors are the steps' names with a dash for the dot. */
export const RUNBOOK = 'docs/runbook.md';

/** What every runbook is started with. All else is read from the master database, under the tenant's lock. */
export interface OperationInput {
  operationId: string;
  tenantId: string;
}

/** What an adoption is started with. */
export interface AdoptionInput extends OperationInput {
  backend: BackendKind;
}

/** An accepted operation, as far as starting its workflow needs to know it. */
export interface AcceptedOperation extends OperationInput {
  kind: OperationKind;
  tenantName: string;
  requestedBy: string;
  /** A forced deletion: another run of the tenant that is in the way is told to turn round. */
  interrupts: boolean;
  /** What an adoption is about; null for all others. */
  backend: BackendKind | null;
}

/** What on-call answers a parked step, or all parked steps of a tenant when none is named. */
export interface Answer {
  action: 'retry' | 'abort' | 'skip';
  step?: string;
  /** Needed for a skip. */
  reason?: string;
  by: string;
  /** The operation that is meant: a run of another one refuses it. */
  operationId?: string;
}

/** Names of the update and signal that take an {@link Answer}, and of the signal by which a forced deletion interrupts. */
export const ANSWER = 'answer';
export const INTERRUPT = 'interrupt';

interface InterruptRequest {
  namespace: string;
  workflowExecution: { workflowId: string };
  signalName: string;
  input: { payloads: Payload[] };
  requestId: string;
}

/**
 * How a forced deletion interrupts the run in its way. By its request id the server takes it once a run, however often it is sent:
 * https://github.com/temporalio/api/blob/master/temporal/api/workflowservice/v1/request_response.proto (SignalWorkflowExecutionRequest)
 */
export const interruptRequest = (
  { operationId, tenantId, requestedBy }: Pick<AcceptedOperation, 'operationId' | 'tenantId' | 'requestedBy'>,
  namespace: string,
): InterruptRequest => ({
  namespace,
  workflowExecution: { workflowId: workflowIdOf(tenantId) },
  signalName: INTERRUPT,
  input: { payloads: toPayloads(defaultPayloadConverter, requestedBy) ?? [] },
  requestId: `${INTERRUPT}-${operationId}`,
});

/** Why an answer is refused; the type of the update's failure. */
export type AnswerRefusal =
  | 'answer-invalid'
  | 'operation-changed'
  | 'not-stuck'
  | 'not-skippable'
  | 'past-point-of-no-return';

/** The queue of workflows, and of activities in the master database alone. */
export const DEFAULT_TASK_QUEUE = 'freeflow';
/** Each backend's own queue: what waits for a slow one keeps nobody from another. */
export const backendQueueOf = (taskQueue: string, backend: BackendKind): string => `${taskQueue}-${backend}`;

/**
 * Who comes first where many wait for the same workers, from 1: cutting a tenant off can't wait behind a thousand creates, and
 * for a purge nobody waits. A run's activities have its priority.
 */
export const PRIORITIES = {
  suspend: 1,
  soft_delete: 1,
  resume: 2,
  restore: 2,
  adopt: 2,
  create: 3,
  hard_delete: 4,
  purge: 5,
} as const satisfies Record<OperationKind, number>;

/** A forced deletion cuts off as well. */
const priorityOf = ({ kind, interrupts }: AcceptedOperation) => ({
  priorityKey: interrupts ? PRIORITIES.suspend : PRIORITIES[kind],
});

/** One sweep per task queue, as a schedule and as a workflow: `freeflow-sweep` for the default one. */
export const sweepIdOf = (taskQueue: string): string => `${taskQueue}-sweep`;

/** One reconciler per task queue, as a schedule and as a workflow. */
export const reconcileIdOf = (taskQueue: string): string => `${taskQueue}-reconcile`;

/** What a reconciliation is started with. */
export interface Reconciliation {
  requestedBy: string;
  /** Whether what is safe to repair is repaired; never drops anything. */
  fix: boolean;
}

/** The one thing that a person wants dropped, and who that is. */
export interface OrphanOrder {
  backend: BackendKind;
  name: string;
  /** What the server calls it, or its nonce where the server has no id. */
  externalId: string;
  requestedBy: string;
}

/**
 * One workflow id per tenant, whatever the operation: Temporal then excludes two open runs on one tenant. An adoption
 * alone goes beside them, since the run that waits for it is still open.
 */
export const workflowIdOf = (tenantId: string, adopted: BackendKind | null = null): string =>
  adopted === null ? `tenant-${tenantId}` : `adopt-${tenantId}-${adopted}`;

/**
 * How an operation's workflow is started; API and sweep share it, so that both start the same thing.
 *
 * A start fails with `WorkflowExecutionAlreadyStartedError` while another run of that workflow id is open.
 * No workflow timeouts: an undo may have to wait for a backend for as long as it takes.
 */
export function operationStartOptions(operation: AcceptedOperation, taskQueue: string) {
  const { operationId, tenantId, kind, tenantName, requestedBy, backend } = operation;
  return {
    workflowId: workflowIdOf(tenantId, backend),
    taskQueue,
    args: [{ operationId, tenantId, ...(backend === null ? {} : { backend }) }] as [OperationInput | AdoptionInput],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    // A killed worker's workflow task is given to the next one after this time. Tasks take milliseconds; to replay the longest
    // history on a busy machine takes a second or two.
    workflowTaskTimeout: '10 seconds' satisfies Duration,
    priority: priorityOf(operation),
    memo: { operationId, tenantName },
    staticSummary: [kind.replace('_', ' '), ...(backend === null ? [] : [backend, 'of']), tenantName].join(' '),
    staticDetails: `Asked for by \`${requestedBy}\`.\n\nWhat each step means and what to do when it is stuck: ${RUNBOOK}`,
  } as const;
}

/**
 * How a reconciliation that somebody asks for is started. Each request has a run of its own: one that is about to end has not
 * seen what was changed since.
 */
export function reconcileStartOptions(asked: Reconciliation, requestId: string, taskQueue: string) {
  return {
    workflowId: `${reconcileIdOf(taskQueue)}-${requestId}`,
    taskQueue,
    args: [asked] as [Reconciliation],
    workflowTaskTimeout: '5 seconds' satisfies Duration,
    staticSummary: `reconcile${asked.fix ? ' and fix' : ''}`,
  } as const;
}

/** The same for the drop of an orphan; asked again while it runs, it is the same one. */
export function dropStartOptions(order: OrphanOrder, taskQueue: string) {
  const { backend, name, externalId } = order;
  return {
    workflowId: `${taskQueue}-drop-${backend}-${name}-${externalId}`,
    taskQueue,
    args: [order] as [OrphanOrder],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowTaskTimeout: '5 seconds' satisfies Duration,
    staticSummary: `drop orphan ${name} at ${backend}`,
  } as const;
}
