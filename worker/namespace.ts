import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes';
import type { NativeConnection } from '@temporalio/worker';
import type { StartOperation } from '../activities/sweep';
import { INTERRUPT, operationStartOptions, RUNBOOKS, workflowIdOf } from '../workflows/messages';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes';

/** One sweep per task queue: `freeflow-sweep` for the default one. */
const sweepIdOf = (taskQueue: string) => `${taskQueue}-sweep`;

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
  const sweepId = sweepIdOf(taskQueue);
  const definition = {
    spec: { intervals: [{ every: intervalMs }] },
    action: { type: 'startWorkflow' as const, workflowType: 'sweepOperations', taskQueue, workflowId: sweepId, workflowTaskTimeout: '5 seconds' as const },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' as const },
  };
  const handle = client.schedule.getHandle(sweepId);
  try {
    await client.schedule.create({ scheduleId: sweepId, ...definition });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await handle.update((current) => ({ ...current, ...definition }));
  }
  await handle.trigger();
}

/** How the sweep starts what has no run. */
export function operationStarter(client: Client, taskQueue: string): StartOperation {
  return async ({ id, tenantId, tenantName, kind, requestedBy, force, resource }) => {
    const interrupts = kind === 'hard_delete' && force;
    try {
      await client.workflow.start(RUNBOOKS[kind], operationStartOptions({ operationId: id, tenantId, tenantName, kind, requestedBy, interrupts, resource }, taskQueue));
      return 'started';
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    const running = client.workflow.getHandle(workflowIdOf(tenantId));
    if (interrupts && (await running.describe()).memo?.['operationId'] !== id) await running.signal(INTERRUPT, requestedBy);
    return 'running';
  };
}
