import type { History } from '@temporalio/common/lib/proto-utils';
import type { Operator } from './temporal';

/** One run of a tenant's operation, as Temporal keeps it. */
export interface RunSeen {
  runId: string;
  events: number;
  history: History;
}

/** All runs of a tenant's operation, the first one first, with their histories. */
export async function runsOf({ operator }: { operator: Operator }, tenantId: string): Promise<RunSeen[]> {
  const workflowId = `tenant-${tenantId}`;
  const runs: RunSeen[] = [];
  let runId: string | undefined = (await operator.client.workflow.getHandle(workflowId).describe()).runId;
  while (runId !== undefined && runId !== '') {
    const history = await operator.client.workflow.getHandle(workflowId, runId).fetchHistory();
    runs.unshift({ runId, events: history.events?.length ?? 0, history });
    runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? undefined;
  }
  return runs;
}
