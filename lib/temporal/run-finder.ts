import { workflowIdOf, type AcceptedOperation } from '@freeflow/contract';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';

/**
 * A worker that ended in the middle, or was too slow, fails a workflow task once or twice; from this attempt on it
 * won't recover by itself.
 */
const FAILS_FROM_ATTEMPT = 4;

/** What has become of a run; `fails` where no worker comes to the end of its workflow task. */
export type RunState = 'open' | 'fails' | 'none';

/**
 * Describes the tenant's run, of any operation.
 * @throws Error when Temporal doesn't answer
 */
export async function describeRun(client: Client, tenantId: string): Promise<{ state: RunState; runId?: string }> {
  try {
    const { status, runId, raw } = await client.workflow.getHandle(workflowIdOf(tenantId)).describe();
    if (status.name !== 'RUNNING') return { state: 'none', runId };
    return { state: (raw.pendingWorkflowTask?.attempt ?? 0) < FAILS_FROM_ATTEMPT ? 'open' : 'fails', runId };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { state: 'none' };
    throw error;
  }
}

/** Whether a run is open under an operation's workflow id. */
export async function hasOpenRun(
  client: Client,
  { tenantId, backend }: Pick<AcceptedOperation, 'tenantId' | 'backend'>,
): Promise<boolean> {
  try {
    return (await client.workflow.getHandle(workflowIdOf(tenantId, backend)).describe()).status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/**
 * Of these operations, the ids of those that have an open run of their own, in one call. Temporal's visibility is some
 * seconds late: what is missing may have a run all the same.
 */
export async function findOpenRuns(
  client: Client,
  operations: readonly Pick<AcceptedOperation, 'tenantId' | 'backend'>[],
): Promise<ReadonlySet<string>> {
  const open = new Set<string>();
  if (operations.length === 0) return open;
  const ids = operations.map(({ tenantId, backend }) => `'${workflowIdOf(tenantId, backend)}'`);
  for await (const { memo } of client.workflow.list({
    query: `ExecutionStatus = 'Running' AND WorkflowId IN (${[...new Set(ids)].join(', ')})`,
  })) {
    const operationId = memo?.['operationId'];
    if (typeof operationId === 'string') open.add(operationId);
  }
  return open;
}
