import { REVEAL_WITHIN_MS, type RevealInput, type RevealOutcome } from '@freeflow/contract';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { withDeadline } from '../deadline';
import { revealStartOptions } from './start-options';

const START_DEADLINE_MS = 5_000;
/** How much longer than the run lasts its end is waited for. */
const END_MARGIN_MS = 3_000;

/** What a worker has answered; or why it could not, null where none has come at all. */
export type RevealAnswer = RevealOutcome | { failed: string | null };

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
    const { cause } = error;
    // What an activity says is scrubbed, and fit for everybody.
    const isOfWorker = cause instanceof ActivityFailure && cause.cause instanceof ApplicationFailure;
    return { failed: isOfWorker ? (cause.cause?.message ?? '') : null };
  }
}
