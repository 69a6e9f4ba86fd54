import { workflowIdOf, type AcceptedOperation } from '@freeflow/contract';
import { WorkflowNotFoundError, type Client, type WorkflowExecutionDescription } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time';
import { buildNameOf, readAlive } from './builds';

/**
 * A worker that ended in the middle, or was too slow, fails a workflow task once or twice; from this attempt on it
 * won't recover by itself.
 */
const FAILS_FROM_ATTEMPT = 4;

/** When a task counts as one that nobody comes for, in ms. */
export interface Attendance {
  /** So long it waits before anybody asks for its workers. @default a minute */
  waitMs?: number;
  /** So long ago its workers may have polled last. @default a minute and a half */
  aliveMs?: number;
}

/**
 * What has become of a run; `fails` where no worker comes to the end of its workflow task, `unattended` where it
 * belongs to a build that has no workers.
 */
export type RunState = 'open' | 'fails' | 'unattended' | 'none';

/**
 * Describes the tenant's run, of any operation.
 * @throws Error when Temporal doesn't answer
 */
export async function describeRun(
  client: Client,
  tenantId: string,
  attendance: Attendance = {},
): Promise<{ state: RunState; runId?: string }> {
  try {
    const { status, runId, raw } = await client.workflow.getHandle(workflowIdOf(tenantId)).describe();
    if (status.name !== 'RUNNING') return { state: 'none', runId };
    if ((raw.pendingWorkflowTask?.attempt ?? 0) >= FAILS_FROM_ATTEMPT) return { state: 'fails', runId };
    return { state: (await isUnattended(client, raw, attendance)) ? 'unattended' : 'open', runId };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { state: 'none' };
    throw error;
  }
}

/** Asks for workers only where a task of the run has waited for one: seldom, while all is well. */
async function isUnattended(
  client: Client,
  {
    workflowExecutionInfo,
    pendingWorkflowTask,
    pendingActivities,
    executionConfig,
  }: WorkflowExecutionDescription['raw'],
  { waitMs = 60_000, aliveMs }: Attendance,
): Promise<boolean> {
  const build = buildNameOf(workflowExecutionInfo?.versioningInfo?.deploymentVersion);
  if (build === undefined) return false;
  const runQueue = executionConfig?.taskQueue?.name ?? '';
  const isLate = (scheduledTime: Parameters<typeof tsToMs>[0]) =>
    scheduledTime != null && tsToMs(scheduledTime) < Date.now() - waitMs;
  const late = new Set<string>();
  if (pendingWorkflowTask?.startedTime == null && isLate(pendingWorkflowTask?.scheduledTime)) late.add('');
  for (const { lastStartedTime, scheduledTime, activityOptions } of pendingActivities ?? [])
    if (lastStartedTime == null && isLate(scheduledTime)) late.add(activityOptions?.taskQueue?.name ?? runQueue);
  for (const it of late) {
    const queue =
      it === ''
        ? { taskQueue: runQueue, tasks: 'workflows' as const }
        : { taskQueue: it, tasks: 'activities' as const };
    if (!(await readAlive(client, queue, aliveMs)).has(build)) return true;
  }
  return false;
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
