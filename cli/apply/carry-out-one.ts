import { EXIT, Failure } from '../failure';
import { pastable } from '../invocation';
import type { Result, Surroundings, Work } from './carry-out';
import { Stop } from './stop';
import { changeTenant, createTenant, deleteTenant } from './tenant-changes';

/** Does what is planned for one tenant, and follows it to its end. Throws nothing that is about this tenant alone. */
export async function carryOutOne(work: Work, around: Surroundings): Promise<Result> {
  const { name, action } = work;
  const startedAt = performance.now();
  const end = (outcome: Result['outcome'], message: string): Result => ({
    name,
    action,
    outcome,
    message,
    tookMs: Math.round(performance.now() - startedAt),
  });
  around.progress.begun(work);
  try {
    return end('done', await carryOutWork(work, around));
  } catch (error) {
    if (around.signal.aborted) return end('not-begun', 'followed no longer; what was accepted goes on');
    if (error instanceof Stop) return end(error.outcome, error.message);
    if (!(error instanceof Failure)) throw error;
    const advice = pastable(error.advice.replaceAll(/\bNAME\b/g, name), around.tools.freeflow);
    return end(error.exitCode === EXIT.unreachable ? 'unreachable' : 'refused', `${error.message} ${advice}`);
  }
}

function carryOutWork(work: Work, around: Surroundings): Promise<string> {
  switch (work.action) {
    case 'create':
      return createTenant(work, around);
    case 'change':
      return changeTenant(work, around);
    case 'delete':
      return deleteTenant(work, around);
  }
}
