import { setTimeout as delay } from 'node:timers/promises';
import { OPERATIONS, workflowIdOf, type AcceptedOperation } from '@freeflow/contract';
import {
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import { traceStart } from '../tracing/operation';
import { TemporalError } from './errors';
import { interruptRequest, operationStartOptions } from './start-options';

/** https://grpc.io/docs/guides/status-codes/ */
const GRPC_NOT_FOUND = 5;
/** Pauses between tries to start while the tenant's previous run closes, which takes milliseconds. */
const PREVIOUS_CLOSES_MS = [25, 50, 100, 200, 400, 800, 1_600];

/** `other`: a run of another operation of the tenant is in the way. */
export type StartOutcome = 'started' | 'running' | 'other';

/**
 * Starts the run of an operation, unless a run is open under its workflow id. One that is in its way, of a kind that it
 * interrupts, is signalled, once a run.
 * @throws Error when Temporal doesn't answer
 */
export function startOperation(client: Client, operation: AcceptedOperation, taskQueue: string): Promise<StartOutcome> {
  return traceStart(operation, () => start(client, operation, taskQueue));
}

async function start(client: Client, operation: AcceptedOperation, taskQueue: string): Promise<StartOutcome> {
  try {
    await client.workflow.start(OPERATIONS[operation.kind].workflow, operationStartOptions(operation, taskQueue));
    return 'started';
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  try {
    const { memo, type, runId } = await client.workflow
      .getHandle(workflowIdOf(operation.tenantId, operation.backend))
      .describe();
    if (memo?.['operationId'] === operation.operationId) return 'running';
    if (operation.interrupts.some((it) => OPERATIONS[it].workflow === type))
      await client.workflowService.signalWorkflowExecution(
        interruptRequest(operation, client.options.namespace, runId),
      );
  } catch (error) {
    // What has closed since then blocks nothing.
    if (!isNotFound(error)) throw error;
  }
  return 'other';
}

/**
 * The same, where the previous operation of the tenant has just ended: that shows in the master database a moment
 * before its run closes, and only then can the next one start.
 * @throws TemporalError `run-still-open`; Error when Temporal doesn't answer
 */
export async function startWhenPreviousCloses(
  client: Client,
  operation: AcceptedOperation,
  taskQueue: string,
): Promise<void> {
  for (const pauseMs of PREVIOUS_CLOSES_MS) {
    if ((await startOperation(client, operation, taskQueue)) !== 'other') return;
    await delay(pauseMs);
  }
  throw new TemporalError('run-still-open', 'Another run on this tenant does not close.');
}

const isNotFound = (error: unknown): boolean =>
  error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && Number(error.code) === GRPC_NOT_FOUND);
