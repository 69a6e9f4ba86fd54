import { backendStepName, type BackendStepName, type BackendVerb } from '@freeflow/contract';
import { stepLockKey } from '@freeflow/lib/pg';
import type { Backend } from '../../backends/backend';
import { currentAttempt, runAttempt, type StepContext, type StepInput } from '../attempt';
import { disable, enable } from './access';
import { adopt } from './adopt';
import { apply } from './apply';
import { create, probe } from './create';
import { drop } from './drop';
import { runFollowing } from './following';
import { limit, relimit } from './limits';
import { loadSubject } from './load-subject';
import { issue, retire, withdraw } from './rotate';
import type { StepDependencies, StepScope } from './scope';

/** What can be done at every backend. Each returns its message for the log. */
const VERBS = {
  create,
  apply,
  probe,
  disable,
  enable,
  drop,
  limit,
  relimit,
  adopt,
  issue,
  withdraw,
  retire,
} satisfies Record<BackendVerb, (scope: StepScope) => Promise<string>>;

/** The input of a step at a backend. */
export interface BackendStepInput extends StepInput {
  /** The steps after this one at the same backend, which are tried at once. */
  followedBy?: readonly BackendVerb[];
}

/** Each returns which of the steps that follow it are done as well. */
export type BackendActivities = Record<BackendStepName, (input: BackendStepInput) => Promise<BackendStepName[]>>;

/**
 * How long a step waits for an earlier attempt that still runs; then it fails with `lock-busy` and is retried like any
 * other failure.
 */
const LOCK_WAIT_MS = 20_000;

/** The activities of one backend. Each step holds the tenant's lock on that backend around everything it does there. */
export function backendActivities(backend: Backend, dependencies: StepDependencies) {
  const { kind } = backend;
  const { db, lock } = dependencies;
  const carryOut = (verb: BackendVerb) => (context: StepContext) =>
    lock.hold(stepLockKey(context.tenantId, kind), LOCK_WAIT_MS, context.cancelled, async (held) => {
      const subject = await loadSubject(db, kind, context);
      return VERBS[verb]({ ...dependencies, ...subject, backend, context, held });
    });
  const activities = Object.keys(VERBS).map((it) => {
    const verb = it as BackendVerb;
    const step = backendStepName(kind, verb);
    const activity = async ({ followedBy = [], ...input }: BackendStepInput): Promise<BackendStepName[]> => {
      const startedAt = performance.now();
      const attempt = currentAttempt(step, input);
      await runAttempt(db, attempt, input, carryOut(verb));
      const following = followedBy.map((next) => ({ step: backendStepName(kind, next), run: carryOut(next) }));
      return runFollowing(db, attempt, input, following, startedAt);
    };
    return [step, activity] as const;
  });
  return Object.fromEntries(activities) as BackendActivities;
}
