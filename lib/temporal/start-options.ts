import {
  deliveryWorkflowIdOf,
  fleetIdOf,
  INTERRUPT,
  operationTitle,
  orphanDropIdOf,
  poolIdOf,
  priorityOf,
  reconcileIdOf,
  REVEAL_WITHIN_MS,
  revealIdOf,
  RUNBOOK,
  workflowIdOf,
  type AcceptedOperation,
  type AdoptionInput,
  type BackendKind,
  type DeliveryInput,
  type OperationInput,
  type OrphanOrder,
  type Reconciliation,
  type RevealInput,
} from '@freeflow/contract';
import { defaultPayloadConverter, toPayloads, type Duration, type Payload } from '@temporalio/common';

interface InterruptRequest {
  namespace: string;
  workflowExecution: { workflowId: string; runId: string };
  signalName: string;
  input: { payloads: Payload[] };
  requestId: string;
}

/**
 * How an operation interrupts the run in its way. By its request id the server takes it once a run, however often
 * it is sent: https://github.com/temporalio/api/blob/master/temporal/api/workflowservice/v1/request_response.proto
 * (SignalWorkflowExecutionRequest)
 */
export const interruptRequest = (
  {
    operationId,
    tenantId,
    requestedBy,
    kind,
  }: Pick<AcceptedOperation, 'operationId' | 'tenantId' | 'requestedBy' | 'kind'>,
  namespace: string,
  /** That of the run in the way: the next one under this workflow id may be that of this very operation. */
  runId: string,
): InterruptRequest => ({
  namespace,
  workflowExecution: { workflowId: workflowIdOf(tenantId), runId },
  signalName: INTERRUPT,
  input: { payloads: toPayloads(defaultPayloadConverter, requestedBy, kind) ?? [] },
  requestId: `${INTERRUPT}-${operationId}-${kind}`,
});

/**
 * How an operation's workflow is started; API and sweep share it, so that both start the same run.
 *
 * A start fails with `WorkflowExecutionAlreadyStartedError` while another run of that workflow id is open.
 * No workflow timeouts: an undo may have to wait for a backend for as long as it takes.
 */
export function operationStartOptions(operation: AcceptedOperation, taskQueue: string) {
  const { operationId, tenantId, kind, tenantName, requestedBy, backend, traceparent } = operation;
  const input: OperationInput = {
    operationId,
    tenantId,
    ...(typeof traceparent === 'string' ? { trace: { traceparent, kind } } : {}),
  };
  return {
    workflowId: workflowIdOf(tenantId, backend),
    taskQueue,
    args: [{ ...input, ...(backend === null ? {} : { backend }) }] as [OperationInput | AdoptionInput],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    // A killed worker's workflow task is given to the next one after this time. Tasks take milliseconds; to replay the
    // longest history on a busy machine takes a second or two.
    workflowTaskTimeout: '10 seconds' satisfies Duration,
    priority: { priorityKey: priorityOf(operation) },
    memo: { operationId, tenantName },
    staticSummary: [operationTitle(kind), ...(backend === null ? [] : [backend, 'of']), tenantName].join(' '),
    staticDetails: `Requested by \`${requestedBy}\`.\n\nWhat each step means and what to do when it is stuck: ${RUNBOOK}`,
  } as const;
}

/**
 * How a requested reconciliation is started. Each request has a run of its own: one that is about to end has not
 * seen what was changed since.
 */
export function reconcileStartOptions(reconciliation: Reconciliation, requestId: string, taskQueue: string) {
  return {
    workflowId: `${reconcileIdOf(taskQueue)}-${requestId}`,
    taskQueue,
    args: [reconciliation] as [Reconciliation],
    workflowTaskTimeout: '5 seconds' satisfies Duration,
    staticSummary: `reconcile${reconciliation.fix ? ' and fix' : ''}`,
  } as const;
}

/** Before all that nobody looks at meanwhile: somebody waits for it. */
const FIRST = 1;

/**
 * How a revealing is started. It ends by itself when whoever has asked waits no more: nothing is read for nobody.
 * @param runId what sets this one apart from all others
 */
export function revealStartOptions(input: RevealInput, runId: string, taskQueue: string) {
  return {
    workflowId: revealIdOf(taskQueue, runId),
    taskQueue,
    args: [input] as [RevealInput],
    workflowExecutionTimeout: REVEAL_WITHIN_MS,
    workflowTaskTimeout: '5 seconds' satisfies Duration,
    priority: { priorityKey: FIRST },
    staticSummary: 'reveal credentials',
  } as const;
}

/** How the drop of an orphan is started; requested again while it runs, it is the same one. */
export function dropStartOptions(order: OrphanOrder, taskQueue: string) {
  return {
    workflowId: orphanDropIdOf(taskQueue, order),
    taskQueue,
    args: [order] as [OrphanOrder],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowTaskTimeout: '5 seconds' satisfies Duration,
    staticSummary: `drop orphan ${order.name} at ${order.backend}`,
  } as const;
}

/** What waits at the same backend goes first. */
const LAST = 5;

/** How the run that keeps a pool is started; started again while it runs, it is the same one. */
export function poolStartOptions(backend: BackendKind, taskQueue: string) {
  return {
    workflowId: poolIdOf(taskQueue, backend),
    taskQueue,
    args: [{ backend }] as [{ backend: BackendKind }],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowTaskTimeout: '5 seconds' satisfies Duration,
    priority: { priorityKey: LAST },
    staticSummary: `keep the pool of ${backend}`,
  } as const;
}

/** How the upgrade of a fleet is started; started again while it runs, it is the same one. */
export function fleetStartOptions(id: string, taskQueue: string) {
  return {
    workflowId: fleetIdOf(taskQueue, id),
    taskQueue,
    args: [{ id }] as [{ id: string }],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowTaskTimeout: '5 seconds' satisfies Duration,
    staticSummary: 'upgrade the fleet',
  } as const;
}

/** How a delivery to a webhook is started, after all operations; started again while it runs, it is the same one. */
export function deliveryStartOptions(delivery: DeliveryInput, taskQueue: string) {
  return {
    workflowId: deliveryWorkflowIdOf(taskQueue, delivery),
    taskQueue,
    args: [delivery] as [DeliveryInput],
    // One that has ended is begun again where the master database does not know that it has: then it has nothing to do.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowTaskTimeout: '5 seconds' satisfies Duration,
    priority: { priorityKey: LAST },
    staticSummary: 'deliver to a webhook',
  } as const;
}
