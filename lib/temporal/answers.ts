import { ANSWER, workflowIdOf, type Answer } from '@freeflow/contract';
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { describeRun, type Attendance, type RunState } from './run-finder';

const ANSWER_DEADLINE_MS = 3_000;
const CHECK_DEADLINE_MS = 1_000;

/**
 * `left`: no worker could take it at once, so the run finds it later; `no-run`: no run is open; or why the run refuses
 * it.
 */
export type AnswerOutcome = 'answered' | 'left' | 'no-run' | { refused: string };

/**
 * Hands an answer to the tenant's run. A run whose workflow tasks fail, or whose build has no workers, is ended by a
 * retry: `no-run` then.
 * @param id the same id is one answer, however often it is sent
 * @throws Error when Temporal doesn't answer
 */
export async function answerRun(
  client: Client,
  tenantId: string,
  answer: Answer,
  id: string,
  attendance?: Attendance,
): Promise<AnswerOutcome> {
  const handle = client.workflow.getHandle(workflowIdOf(tenantId));
  if (answer.action === 'retry' && (await endFailingRun(client, tenantId, answer.by, attendance))) return 'no-run';
  try {
    await within(client, ANSWER_DEADLINE_MS, () => handle.executeUpdate(ANSWER, { args: [answer], updateId: id }));
    return 'answered';
  } catch (error) {
    // The run may have closed because of this very answer, sent before.
    if (error instanceof WorkflowNotFoundError)
      return within(client, CHECK_DEADLINE_MS, () => handle.getUpdateHandle(id).result()).then(
        () => 'answered' as const,
        () => 'no-run' as const,
      );
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
      return { refused: error.cause.type ?? 'not-stuck' };
    if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) throw error;
  }
  // Temporal keeps a signal, while an update needs a worker at once.
  await within(client, ANSWER_DEADLINE_MS, () => handle.signal(ANSWER, answer));
  return 'left';
}

/**
 * Whether a run has taken an answer of this id, also where that run has closed since.
 * @throws Error when Temporal doesn't answer
 */
export async function hasAnswered(client: Client, tenantId: string, runId: string, id: string): Promise<boolean> {
  const update = client.workflow.getHandle(workflowIdOf(tenantId), runId).getUpdateHandle(id);
  try {
    await within(client, CHECK_DEADLINE_MS, () => update.result());
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateFailedError) return false;
    throw error;
  }
}

/** Why a run can't go on by itself, where a new one could. */
const CANNOT_GO_ON: Readonly<Partial<Record<RunState, string>>> = {
  fails: 'its workflow tasks fail',
  unattended: 'its build has no workers',
};

/** Ends a run that can't go on: its attempts in progress notice that they are superseded. Returns whether it did. */
async function endFailingRun(client: Client, tenantId: string, by: string, attendance?: Attendance): Promise<boolean> {
  const { state, runId } = await within(client, CHECK_DEADLINE_MS, () => describeRun(client, tenantId, attendance));
  const why = CANNOT_GO_ON[state];
  if (why === undefined) return false;
  await within(client, ANSWER_DEADLINE_MS, () =>
    client.workflow.getHandle(workflowIdOf(tenantId), runId).terminate(`${why}; retried by ${by}`),
  );
  return true;
}

const within = <T>(client: Client, deadlineMs: number, call: () => Promise<T>): Promise<T> =>
  client.withDeadline(Date.now() + deadlineMs, call);
