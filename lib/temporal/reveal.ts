import { REVEAL_WITHIN_MS, type RevealInput, type RevealOutcome } from '@freeflow/contract';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/common';
import { withDeadline } from '../deadline';
import { revealStartOptions } from './start-options';

const START_DEADLINE_MS = 5_000;
/** How much longer than the run lasts its end is waited for. */
const END_MARGIN_MS = 3_000;

/**
 * What a worker has answered; or why it could not, null where none has come at all. `isLate`: the time was over, and an
 * attempt may go on.
 */
export type RevealAnswer = RevealOutcome | { failed: string; isLate: boolean } | { failed: null };

/**
 * Has a worker read credentials, and waits for what it seals.
 * @param id of this one alone
 * @throws Error when Temporal doesn't answer
 */
export async function revealByWorker(
  client: Client,
  input: RevealInput,
  id: string,
  taskQueue: string,
): Promise<RevealAnswer> {
  const options = revealStartOptions(input, id, taskQueue);
  const handle = await client.withDeadline(Date.now() + START_DEADLINE_MS, () =>
    client.workflow.start<(it: RevealInput) => Promise<RevealOutcome>>('revealCredentials', options),
  );
  try {
    return await withDeadline(REVEAL_WITHIN_MS + END_MARGIN_MS, handle.result());
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return failureIn(error);
  }
}

const LATE = 'A worker has taken it and was not done in time: a server that it reads from hangs, or it is overloaded.';

/** Why a run has ended without an answer. */
export function failureIn({ cause }: WorkflowFailedError): Exclude<RevealAnswer, RevealOutcome> {
  // The run itself was too late: no worker has taken it.
  if (!(cause instanceof ActivityFailure)) return { failed: null };
  if (cause.cause instanceof TimeoutFailure) return { failed: LATE, isLate: true };
  // What an activity says is scrubbed, and fit for everybody.
  return cause.cause instanceof ApplicationFailure ? { failed: cause.cause.message, isLate: false } : { failed: null };
}
