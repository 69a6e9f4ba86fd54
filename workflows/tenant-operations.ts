import {
  BACKEND_KINDS,
  OPERATIONS,
  SETTLING_STEPS,
  type BackendKind,
  type BackendVerb,
  type OperationInput,
  type OperationTable,
  type StepFailure,
  type UndoableOperationKind,
} from '@freeflow/contract';
import { ApplicationFailure, CancellationScope } from '@temporalio/workflow';
import { failureOf } from './failure';
import { runOperation, markUndoing, type OperationRun } from './operation-run';
import type { HandedOn } from './renewal';
import { backendStep, record } from './steps';

/** Creates and probes a resource at every backend and activates the tenant, or leaves nothing of it behind. */
export function provisionTenant(input: OperationInput, handedOn?: HandedOn): Promise<string> {
  return runOrRollBack(OPERATIONS.create, input, handedOn);
}

/** Takes the tenant's access away at every backend and sets it suspended, or leaves it as it was. Its data stays. */
export function suspendTenant(input: OperationInput, handedOn?: HandedOn): Promise<string> {
  return runOrRollBack(OPERATIONS.suspend, input, handedOn);
}

/** Gives a suspended tenant its access back, probed at every backend, or leaves it suspended. */
export function resumeTenant(input: OperationInput, handedOn?: HandedOn): Promise<string> {
  return runOrRollBack(OPERATIONS.resume, input, handedOn);
}

/**
 * Takes the tenant's access away at every backend and keeps its data for the retention time, or leaves it as it was.
 */
export function softDeleteTenant(input: OperationInput, handedOn?: HandedOn): Promise<string> {
  return runOrRollBack(OPERATIONS.soft_delete, input, handedOn);
}

/** Makes a soft-deleted tenant what it was before, active or suspended, or leaves it deleted. */
export function restoreTenant(input: OperationInput, handedOn?: HandedOn): Promise<string> {
  return runOrRollBack(OPERATIONS.restore, input, handedOn);
}

/** Gives the tenant the limits of another plan at every backend, or leaves it those that it had. */
export function changePlan(input: OperationInput, handedOn?: HandedOn): Promise<string> {
  return runOrRollBack(OPERATIONS.change_plan, input, handedOn);
}

/** Applies the blueprint at every backend; what was applied stays, whatever fails. */
export function upgradeTenant(input: OperationInput, handedOn?: HandedOn): Promise<string> {
  return runOrRollBack(OPERATIONS.upgrade, input, handedOn);
}

/** Drops everything of the tenant at every backend and marks it gone: a hard delete, or a purge. */
export function deleteTenant(input: OperationInput, handedOn?: HandedOn): Promise<string> {
  return runToCompletion(OPERATIONS.hard_delete, input, handedOn);
}

/**
 * Makes new credentials valid beside those that are, at every backend, and hands these out from then on, or leaves none
 * of them. Those before are ended when their time is over, by {@link retireCredentials}; without an overlap at once.
 */
export function rotateCredentials(input: OperationInput, handedOn?: HandedOn): Promise<string> {
  return runOrRollBack(OPERATIONS.rotate, input, handedOn, {
    settle: ({ input, saga }) => record['switch-credentials']({ ...input, ...saga.takeAnswers() }),
    finish: async (run) => {
      if (run.begun.isAtOnce === true) await endOldCredentials(run);
    },
  });
}

/** Ends the credentials that a rotation has replaced, where their time is over, at every backend. */
export function retireCredentials(input: OperationInput, handedOn?: HandedOn): Promise<string> {
  return runOperation(input, handedOn, async (run) => {
    await endOldCredentials(run);
    return endingOf(run, `the old credentials of ${run.begun.tenantName} are ended`);
  });
}

/**
 * For as long as it takes: a credential that may be known to others is not left alone because a server is away. What
 * cuts the tenant off does not wait for that.
 */
const endOldCredentials = (run: OperationRun): Promise<void> => carryThrough(run, OPERATIONS.rotate.after);

/** The plan of an operation that can be rolled back, as OPERATIONS has it. */
type UndoablePlan = Pick<OperationTable[UndoableOperationKind], 'forward' | 'undo'>;

/** What an operation does when it is done at every backend, and when that is recorded. */
interface Ending {
  /** The last step that can still be undone; returns why it is rolled back, where that was recorded before. */
  settle: (run: OperationRun) => Promise<StepFailure | undefined>;
  finish: (run: OperationRun) => Promise<void>;
}

/**
 * Forward at every backend and settled in the master database; or undone at every backend, and the tenant as it was.
 */
function runOrRollBack(
  plan: UndoablePlan,
  input: OperationInput,
  handedOn?: HandedOn,
  { settle, finish }: Ending = { settle: settleTenant, finish: async () => undefined },
): Promise<string> {
  return runOperation(input, handedOn, async (run) => {
    const { begun } = run;
    registerEarlierUndos(run, plan);
    const failure = run.rollbackReason ?? (await goForward(run, plan, settle));
    if (failure === undefined) {
      await finish(run);
      return endingOf(run, `${begun.tenantName} is ${begun.goal}`);
    }
    // Where a run before this one has begun to undo, that is shown already.
    if (run.handedOn?.rollbackReason === undefined) markUndoing(run, failure);
    return rollBack(run, plan, failure);
  });
}

/**
 * Forward at every backend, side by side, and then settled. Returns why it is rolled back, or nothing when it is done.
 */
async function goForward(
  run: OperationRun,
  { forward, undo }: UndoablePlan,
  settle: Ending['settle'],
): Promise<StepFailure | undefined> {
  const { input, begun, saga } = run;
  const backends = begun.touchesBackends ? backendsOf(begun) : [];
  const verbs = forward.filter((verb) => verb !== 'apply' || begun.appliesBlueprint === true);
  try {
    await saga.goForward(
      backends.map((backend) => async () => {
        if (undo.verb !== null) saga.registerUndo(backendStep(backend, undo.verb, input));
        for (const [at, verb] of verbs.entries()) {
          const followedBy = verbs.slice(at + 1);
          await saga.runStep(backendStep(backend, verb, { ...input, isForward: true, followedBy }));
        }
      }),
    );
    return await CancellationScope.nonCancellable(() => settle(run));
  } catch (error) {
    const failure = failureOf(error);
    // The master database decides: when Temporal rejects a workflow task since a signal has arrived meanwhile, the
    // record steps that it scheduled have run all the same, and the run is replayed with the signal in front of them.
    const rollback = { ...input, rollbackReason: failure, ...saga.takeAnswers() };
    const outcome = await CancellationScope.nonCancellable(() => record['start-rollback'](rollback));
    return outcome === 'done' ? undefined : failure;
  }
}

/** The last step: the tenant has reached its goal. Returns why it is rolled back, where that was recorded before. */
async function settleTenant({ input, saga, begun: { goal } }: OperationRun): Promise<StepFailure | undefined> {
  if (goal === 'gone') throw new Error('an operation that can be rolled back does not end with a tenant that is gone');
  return record[SETTLING_STEPS[goal]]({ ...input, ...saga.takeAnswers() });
}

/** Where it works: at every backend, unless one alone was named. */
const backendsOf = ({ onlyAt }: OperationRun['begun']): readonly BackendKind[] =>
  onlyAt === undefined ? BACKEND_KINDS : [onlyAt];

/** What is shown of an operation that has come to its end. @param sentence where nothing was skipped */
function endingOf({ view, saga: { skipped } }: OperationRun, sentence: string): string {
  view.setState(skipped.size === 0 ? 'done' : 'incomplete');
  return skipped.size === 0 ? sentence : `incomplete: ${[...skipped.keys()].join(', ')} skipped`;
}

/** A run that was terminated while it undid has not handed on what it had begun; one that was renewed has. */
function registerEarlierUndos({ input, begun, handedOn, saga }: OperationRun, { undo }: UndoablePlan): void {
  if (undo.verb === null) return;
  for (const backend of backendsOf(begun)) {
    const step = backendStep(backend, undo.verb, input);
    const isBegun =
      handedOn === undefined
        ? begun.rollbackReason !== undefined && begun.touchesBackends
        : handedOn.saga.undos.includes(step.name);
    if (isBegun) saga.registerUndo(step);
  }
}

/** Undone at every backend that was begun, for as long as it takes; then the tenant is as it was. */
async function rollBack(run: OperationRun, { undo }: UndoablePlan, reason: StepFailure): Promise<never> {
  const { input, view, saga } = run;
  await saga.undoAll();
  const skipped = Object.fromEntries(saga.skipped);
  const ending = { ...input, rollbackReason: reason, skipped, ...saga.takeAnswers() };
  await CancellationScope.nonCancellable(() => record[undo.then](ending));
  view.setState(saga.skipped.size === 0 ? 'rolled_back' : 'incomplete');
  throw ApplicationFailure.nonRetryable(`rolled back: ${reason.step}: ${reason.cause}`, 'rolled-back');
}

/**
 * Half a deletion is of no use, so this neither gives up nor can it be cancelled; only on-call's skip ends a drop that
 * fails.
 */
function runToCompletion(
  { forward: [verb] }: { forward: readonly [BackendVerb] },
  input: OperationInput,
  handedOn?: HandedOn,
): Promise<string> {
  return runOperation(input, handedOn, async (run) => {
    await carryThrough(run, { verb, then: 'mark-gone' });
    return endingOf(run, `nothing of ${run.begun.tenantName} is left`);
  });
}

/**
 * One verb where it works, side by side, until it is done, skipped or left there; then recorded, with what was not
 * done.
 */
function carryThrough(
  { input, begun, saga }: OperationRun,
  { verb, then }: { verb: BackendVerb; then: 'mark-gone' | 'end-rotation' },
): Promise<void> {
  const steps = backendsOf(begun).map((backend) => backendStep(backend, verb, input));
  return CancellationScope.nonCancellable(async () => {
    await saga.runSideBySide(steps.map((step) => () => saga.runUntilDoneOrSkipped(step)));
    const left = saga.isLeft ? { isLeft: true } : {};
    await record[then]({ ...input, skipped: Object.fromEntries(saga.skipped), ...left, ...saga.takeAnswers() });
  });
}
