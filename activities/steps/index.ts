import { backendStepName, type BackendStepName, type BackendVerb } from '@freeflow/contract';
import type { PrismaClient } from '@freeflow/db-master';
import type { Backend } from '../../backends/backend';
import { BackendFault } from '../../backends/failures';
import { createStepActivity, type StepContext, type StepInput } from '../attempt';
import { disable, enable } from './access';
import { adopt } from './adopt';
import { create, probe } from './create';
import { drop } from './drop';
import type { StepDependencies, StepScope } from './scope';

/** What can be done at every backend. Each returns its message for the log. */
const VERBS = { create, probe, disable, enable, drop, adopt } satisfies Record<
  BackendVerb,
  (scope: StepScope) => Promise<string>
>;

export type BackendActivities = Record<BackendStepName, (input: StepInput) => Promise<void>>;

/** How long a step waits for an earlier attempt that still runs; then it fails with `lock-busy` and is retried like any other failure. */
const LOCK_WAIT_MS = 20_000;

/** The activities of one backend. Each holds the tenant's lock on that backend around everything it does there. */
export function backendActivities(backend: Backend, dependencies: StepDependencies) {
  const { kind } = backend;
  const { db, lock } = dependencies;
  const activities = Object.entries(VERBS).map(([verb, run]) => {
    const step = backendStepName(kind, verb as BackendVerb);
    const runUnderLock = (context: StepContext) =>
      lock.hold(`${context.tenantId}/${kind}`, LOCK_WAIT_MS, context.cancelled, async (held) => {
        const tenantName = await assertCurrentRun(db, context);
        return run({ ...dependencies, backend, context, tenantName, held });
      });
    return [step, createStepActivity(db, step, runUnderLock)];
  });
  return Object.fromEntries(activities) as BackendActivities;
}

/**
 * Checks, under the lock, that this run still works on the operation, and in this direction: an attempt of an older run, or one
 * that Temporal took for dead before the undo began, must not act any more.
 * @returns the tenant's name
 * @throws BackendFault `superseded`
 */
async function assertCurrentRun(
  db: PrismaClient,
  { operationId, runId, isForward, cancelled }: StepContext,
): Promise<string> {
  cancelled.throwIfAborted();
  const operation = await db.tenantOperation.findUniqueOrThrow({
    where: { id: operationId },
    include: { tenant: { select: { name: true } } },
  });
  if (operation.endedAt !== null || operation.runId !== runId)
    throw new BackendFault('superseded', `run ${operation.runId ?? 'none'} works on this operation now`);
  if (isForward === true && operation.undoing)
    throw new BackendFault('superseded', 'this operation is being undone now');
  return operation.tenant.name;
}
