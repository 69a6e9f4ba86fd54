import { isInterrupting, OPERATIONS, workflowIdOf, type AcceptedOperation } from '@freeflow/contract';
import {
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import type { HasOpenRun } from '../activities/reconcile/reconciling';
import type { FindOpenRuns, StartOperation } from '../activities/sweep';
import { interruptRequest, operationStartOptions } from '../workflows/messages';

export { registerSearchAttributes } from './search-attributes';

/** https://grpc.io/docs/guides/status-codes/ */
const GRPC_NOT_FOUND = 5;

/** How the sweep starts what has no run. */
export function operationStarter(client: Client, taskQueue: string): StartOperation {
  return async ({ id, tenantId, tenantName, kind, requestedBy, force, backend }) => {
    const operation = {
      operationId: id,
      tenantId,
      tenantName,
      kind,
      requestedBy,
      interrupts: isInterrupting(kind, force),
      backend,
    };
    try {
      await client.workflow.start(OPERATIONS[kind].workflow, operationStartOptions(operation, taskQueue));
      return 'started';
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    if (operation.interrupts) await interruptOther(client, operation);
    return 'running';
  };
}

/** The run of another operation is interrupted, once. What has ended since then is in nobody's way. */
async function interruptOther(
  client: Client,
  operation: Pick<AcceptedOperation, 'operationId' | 'tenantId' | 'requestedBy'>,
): Promise<void> {
  try {
    const { memo } = await client.workflow.getHandle(workflowIdOf(operation.tenantId)).describe();
    if (memo?.['operationId'] === operation.operationId) return;
    await client.workflowService.signalWorkflowExecution(interruptRequest(operation, client.options.namespace));
  } catch (error) {
    if (
      !(error instanceof WorkflowNotFoundError) &&
      !(isGrpcServiceError(error) && Number(error.code) === GRPC_NOT_FOUND)
    )
      throw error;
  }
}

/** How the sweep sees in one look which operations have a run already. Visibility is some seconds late: it only saves starts in vain. */
export function openRunsFinder(client: Client): FindOpenRuns {
  return async (operations) => {
    if (operations.length === 0) return new Set();
    const ids = operations.map(({ tenantId, backend }) => `'${workflowIdOf(tenantId, backend)}'`);
    const open = new Set<string>();
    for await (const { memo } of client.workflow.list({
      query: `ExecutionStatus = 'Running' AND WorkflowId IN (${[...new Set(ids)].join(', ')})`,
    })) {
      const operationId = memo?.['operationId'];
      if (typeof operationId === 'string') open.add(operationId);
    }
    return open;
  };
}

/** How the reconciler knows whether anything works on an operation. */
export function openRunFinder(client: Client): HasOpenRun {
  return async ({ tenantId, backend }) => {
    try {
      return (await client.workflow.getHandle(workflowIdOf(tenantId, backend)).describe()).status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  };
}
