import { reconcileIdOf, sweepIdOf, type Reconciliation } from '@freeflow/contract';
import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client, type ScheduleHandle } from '@temporalio/client';
import { noncePrefixOf } from '../activities/installation';

/** The task queue belongs to another installation: this worker must not take its tasks. */
export class ForeignTaskQueue extends Error {
  constructor(
    { taskQueue, scheduleId, namespace }: { taskQueue: string; scheduleId: string; namespace: string },
    theirs: string,
    ours: string,
  ) {
    super(
      `Task queue ${taskQueue} in Temporal's namespace ${namespace} belongs to another installation: ${theirs}, this one is ${ours}. ` +
        "They would take each other's tasks, so this worker has not started. Set TASK_QUEUE to a name of its own, for its API and all its workers; " +
        `or, if the other installation is gone for good: temporal schedule delete --namespace ${namespace} --schedule-id ${scheduleId}`,
    );
  }
}

interface Owner {
  taskQueue: string;
  /** The id of the installation, which stands in its master database and survives a restore. */
  installation: string;
}

/**
 * Creates or updates the sweep's schedule, and triggers it once. The installation in its memo claims the task queue:
 * the first that creates it, or finds none, has it.
 * @throws ForeignTaskQueue
 */
export async function scheduleSweep(client: Client, owner: Owner, intervalMs: number): Promise<void> {
  const { taskQueue } = owner;
  await (
    await schedule(client, owner, intervalMs, {
      workflowType: 'sweepOperations',
      workflowId: sweepIdOf(taskQueue),
      args: [],
    })
  ).trigger();
}

/**
 * Creates or updates the reconciler's schedule. It only reports: repairs are requested by a person.
 * @throws ForeignTaskQueue
 */
export async function scheduleReconciler(client: Client, owner: Owner, intervalMs: number): Promise<void> {
  const args: [Reconciliation] = [{ requestedBy: 'schedule', fix: false }];
  await schedule(client, owner, intervalMs, {
    workflowType: 'reconcile',
    workflowId: reconcileIdOf(owner.taskQueue),
    args,
  });
}

/** A schedule of the same id as its workflow. One run at a time; missed runs are not made up for. */
async function schedule(
  client: Client,
  { taskQueue, installation }: Owner,
  intervalMs: number,
  action: { workflowType: string; workflowId: string; args: unknown[] },
): Promise<ScheduleHandle> {
  const scheduleId = action.workflowId;
  const definition = {
    spec: { intervals: [{ every: intervalMs }] },
    action: {
      type: 'startWorkflow' as const,
      taskQueue,
      workflowTaskTimeout: '5 seconds' as const,
      memo: { installation },
      ...action,
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' as const },
  };
  const handle = client.schedule.getHandle(scheduleId);
  const assertOurs = ({ action: { memo } }: { action: { memo?: Record<string, unknown> } }) => {
    const theirs = memo?.['installation'];
    if (typeof theirs === 'string' && noncePrefixOf(theirs) !== noncePrefixOf(installation))
      throw new ForeignTaskQueue({ taskQueue, scheduleId, namespace: client.options.namespace }, theirs, installation);
  };
  try {
    await client.schedule.create({ scheduleId, ...definition });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    assertOurs(await handle.describe());
    await handle.update((current) => ({ ...current, ...definition }));
    // Of two that find an unclaimed one at the same time the last has it.
    assertOurs(await handle.describe());
  }
  return handle;
}
