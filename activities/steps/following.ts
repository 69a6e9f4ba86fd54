import type { BackendStepName } from '@freeflow/contract';
import type { PrismaClient } from '@freeflow/db-master';
import { activityInfo, cancellationSignal, log } from '@temporalio/activity';
import { messageOf } from '../../backends/failures';
import { runAttempt, type StepContext, type StepInput } from '../attempt';
import { countSuccesses, type Attempt } from '../provision-log';

export interface FollowingStep {
  step: BackendStepName;
  run: (context: StepContext) => Promise<string>;
}

/**
 * Tries the steps that follow a step which is done, in the same activity: an activity of its own costs each a workflow
 * task and a dispatch. Each has its row in the log. The first that fails is left, with those after it, to an activity
 * of its own, which has the retries.
 * @param startedAt when the activity started, by `performance.now()`
 * @returns those that are done
 */
export async function runFollowing(
  db: PrismaClient,
  done: Attempt,
  input: StepInput,
  following: readonly FollowingStep[],
  startedAt: number,
): Promise<BackendStepName[]> {
  const steps: BackendStepName[] = [];
  try {
    for (const { step, run } of following) {
      // What was cancelled goes on no further; and what has taken long needs its own time-out.
      if (cancellationSignal().aborted || performance.now() - startedAt > activityInfo().startToCloseTimeoutMs / 2)
        break;
      // One came here for each success before it, this one's included.
      const attempt = done.attempt === 1 ? 1 : await countSuccesses(db, done);
      await runAttempt(db, { ...done, step, attempt, activityId: `${done.activityId}/${step}` }, input, run);
      steps.push(step);
    }
  } catch (error) {
    log.info('the next step at this backend gets an activity of its own', {
      step: following[steps.length]?.step,
      cause: messageOf(error),
    });
  }
  return steps;
}
