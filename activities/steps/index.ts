import { backendStepName, type BackendStepName, type BackendVerb } from '@freeflow/contract';
import type { PrismaClient } from '@freeflow/db-master';
import type { Backend } from '../../backends/backend';
import { BackendFault } from '../../backends/failures';
import { currentAttempt, runAttempt, type StepContext, type StepInput } from '../attempt';
import { disable, enable } from './access';
import { adopt } from './adopt';
import { create, probe } from './create';
import { drop } from './drop';
import { runFollowing } from './following';
import type { StepDependencies, StepScope } from './scope';

/** What can be done at every backend. Each returns its message for the log. */
const VERBS = { create, probe, disable, enable, drop, adopt } satisfies Record<
  BackendVerb,
  (scope: StepScope) => Promise<string>
>;

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
    lock.hold(`${context.tenantId}/${kind}`, LOCK_WAIT_MS, context.cancelled, async (held) => {
      const tenantName = await assertCurrentRun(db, context);
      return VERBS[verb]({ ...dependencies, backend, context, tenantName, held });
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

/**
 * Checks, under the lock, that this run still works on the operation, and in this direction: an attempt of an older
 * run, or one that Temporal took for dead before the undo began, must not act any more.
 * @returns the tenant's name
 * @throws BackendFault `superseded`
 */
async function assertCurrentRun(
  db: PrismaClient,
  { operationId, runId, isForward, cancelled }: StepContext,
): Promise<string> {
  cancelled.throwIfAborted();
  const [operation] = await db.$queryRaw<{ isEnded: boolean; runId: string | null; undoing: boolean; name: string }[]>`
    SELECT o."endedAt" IS NOT NULL AS "isEnded", o."runId", o.undoing, t.name
      FROM "TenantOperation" o JOIN "Tenant" t ON t.id = o."tenantId" WHERE o.id = ${operationId}::uuid`;
  if (operation === undefined) throw new BackendFault('unexpected', `there is no operation ${operationId}`);
  if (operation.isEnded || operation.runId !== runId)
    throw new BackendFault('superseded', `run ${operation.runId ?? 'none'} works on this operation now`);
  if (isForward === true && operation.undoing)
    throw new BackendFault('superseded', 'this operation is being undone now');
  return operation.name;
}
