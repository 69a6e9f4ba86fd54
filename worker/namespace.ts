import { isGrpcServiceError, ScheduleAlreadyRunning, ScheduleOverlapPolicy, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client, type ScheduleHandle } from '@temporalio/client';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes';
import type { NativeConnection } from '@temporalio/worker';
import type { HasOpenRun } from '../activities/reconcile/reconciling';
import type { FindOpenRuns, StartOperation } from '../activities/sweep';
import { interruptRequest, operationStartOptions, reconcileIdOf, RUNBOOKS, sweepIdOf, workflowIdOf, type AcceptedOperation, type Reconciliation } from '../workflows/messages';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes';

/** https://grpc.io/docs/guides/status-codes/ */
const GRPC_NOT_FOUND = 5;

/** Registers what operators search by; what is registered already stays as it is. */
export async function registerSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(SEARCH_ATTRIBUTES).filter(({ name }) => !(name in customAttributes));
  const entries = missing.map(({ name, type }) => [name, encodeSearchAttributeIndexedValueType(type)]);
  if (entries.length === 0) return;
  await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(entries) }).catch((error: unknown) => {
    // Another worker that starts at the same time may have been quicker.
    if (!/already exists/i.test(String(error))) throw error;
  });
}

/** Makes the sweep's schedule, or brings it up to date, and has it run once at once. */
export async function scheduleSweep(client: Client, taskQueue: string, intervalMs: number): Promise<void> {
  await (await schedule(client, taskQueue, intervalMs, { workflowType: 'sweepOperations', workflowId: sweepIdOf(taskQueue), args: [] })).trigger();
}

/** Makes the reconciler's schedule, or brings it up to date. It only looks: repairs are asked for by a person. */
export async function scheduleReconciler(client: Client, taskQueue: string, intervalMs: number): Promise<void> {
  const args: [Reconciliation] = [{ requestedBy: 'schedule', fix: false }];
  await schedule(client, taskQueue, intervalMs, { workflowType: 'reconcile', workflowId: reconcileIdOf(taskQueue), args });
}

/** A schedule of the same id as its workflow. One run at a time; what was missed is not made up for. */
async function schedule(client: Client, taskQueue: string, intervalMs: number, action: { workflowType: string; workflowId: string; args: unknown[] }): Promise<ScheduleHandle> {
  const definition = {
    spec: { intervals: [{ every: intervalMs }] },
    action: { type: 'startWorkflow' as const, taskQueue, workflowTaskTimeout: '5 seconds' as const, ...action },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' as const },
  };
  const handle = client.schedule.getHandle(action.workflowId);
  try {
    await client.schedule.create({ scheduleId: action.workflowId, ...definition });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await handle.update((current) => ({ ...current, ...definition }));
  }
  return handle;
}

/** How the sweep starts what has no run. */
export function operationStarter(client: Client, taskQueue: string): StartOperation {
  return async ({ id, tenantId, tenantName, kind, requestedBy, force, resource }) => {
    const operation = { operationId: id, tenantId, tenantName, kind, requestedBy, interrupts: kind === 'hard_delete' && force, resource };
    try {
      await client.workflow.start(RUNBOOKS[kind], operationStartOptions(operation, taskQueue));
      return 'started';
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    if (operation.interrupts) await interruptOther(client, operation);
    return 'running';
  };
}

/** The run of another operation is interrupted, once. What has ended since then is in nobody's way. */
async function interruptOther(client: Client, operation: Pick<AcceptedOperation, 'operationId' | 'tenantId' | 'requestedBy'>): Promise<void> {
  try {
    const { memo } = await client.workflow.getHandle(workflowIdOf(operation.tenantId)).describe();
    if (memo?.['operationId'] === operation.operationId) return;
    await client.workflowService.signalWorkflowExecution(interruptRequest(operation, client.options.namespace));
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError) && !(isGrpcServiceError(error) && error.code === GRPC_NOT_FOUND)) throw error;
  }
}

/** How the sweep sees in one look which operations have a run already. Visibility is some seconds late: it only saves starts in vain. */
export function openRunsFinder(client: Client): FindOpenRuns {
  return async (operations) => {
    if (operations.length === 0) return new Set();
    const ids = operations.map(({ tenantId, resource }) => `'${workflowIdOf(tenantId, resource)}'`);
    const open = new Set<string>();
    for await (const { memo } of client.workflow.list({ query: `ExecutionStatus = 'Running' AND WorkflowId IN (${[...new Set(ids)].join(', ')})` })) {
      const operationId = memo?.['operationId'];
      if (typeof operationId === 'string') open.add(operationId);
    }
    return open;
  };
}

/** How the reconciler knows whether anything works on an operation. */
export function openRunFinder(client: Client): HasOpenRun {
  return async ({ tenantId, resource }) => {
    try {
      return (await client.workflow.getHandle(workflowIdOf(tenantId, resource)).describe()).status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  };
}
