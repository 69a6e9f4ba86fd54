import type { Answer, StepFailure, TakenAnswer } from '@freeflow/contract';
import { CancellationScope, CancelledFailure, isCancellation } from '@temporalio/workflow';
import { failureOf, isRetryable, isSuperseded, RollbackRequested } from './failure';
import { afterFailure, nextMove, type SagaSettings, type WaitingStep } from './next-move';
import { Pauses } from './pauses';
import { Renewal } from './renewal';
import type { SagaHooks, SagaState, Step } from './saga-types';
import { sideBySide, type Branch } from './side-by-side';

/**
 * Steps forward side by side, each with its undo registered before it. When one fails for good, all others are
 * cancelled and have reported before any undo begins, or an undo could overtake its own step.
 *
 * Short failures are retried by the server; longer ones here, with a timer that an answer ends at once. When the
 * bounded tries are over a step is parked: it waits for retry, abort or skip, and is tried again slowly by itself.
 */
export class Saga {
  /** The unfinished steps that have failed, by name. */
  readonly waiting: Map<string, WaitingStep>;
  /** The undos and drops that on-call skipped, with the reason. */
  readonly skipped: Map<string, string>;
  readonly done: string[];
  private readonly undos = new Map<string, Step>();
  private readonly pauses: Pauses;
  private forwardScope: CancellationScope | undefined;
  /** That of the undos, or of what nothing could undo. */
  private insistedScope: CancellationScope | undefined;
  private rollbackReason: StepFailure | undefined;
  /** Why what it insists on is left: each step that is still to be done is attempted once. */
  private leftFor: StepFailure | undefined;
  private parks: number;
  private unrecorded: TakenAnswer[];

  /**
   * @param isUndoable whether what it does can still be undone as a whole
   * @param yields whether an interruption may leave what it insists on
   */
  constructor(
    private readonly settings: SagaSettings,
    private readonly hooks: SagaHooks,
    private isUndoable: boolean,
    private readonly yields: boolean,
    before?: SagaState,
  ) {
    this.waiting = new Map(before?.waiting);
    this.skipped = new Map(before?.skipped);
    this.done = [...(before?.done ?? [])];
    this.parks = before?.parks ?? 0;
    this.unrecorded = [...(before?.unrecorded ?? [])];
    this.pauses = new Pauses(settings, this.waiting);
  }

  get state(): SagaState {
    const { waiting, skipped, done, undos, parks, unrecorded } = this;
    return { waiting: [...waiting], skipped: [...skipped], done, undos: [...undos.keys()], parks, unrecorded };
  }

  get parkedSteps(): string[] {
    return [...this.waiting].filter(([, it]) => it.park !== undefined).map(([name]) => name);
  }

  /** Whether what was begun can still be rolled back. */
  get canRollBack(): boolean {
    return this.isUndoable;
  }

  /** Whether an interruption has any effect. */
  get canBeInterrupted(): boolean {
    return this.isUndoable || this.yields;
  }

  /** Whether what it insisted on was left for another operation. */
  get isLeft(): boolean {
    return this.leftFor !== undefined && this.skipped.size > 0;
  }

  /** To be called before the step itself: a step that fails may have had its effect all the same. */
  registerUndo(undo: Step): void {
    this.undos.set(undo.name, undo);
  }

  /**
   * Goes forward. Throws when a branch fails for good or `requestRollback` was called; all branches have ended by then.
   * @throws RollbackRequested when that was called
   * @throws Renewal when a new run is to go on with it
   */
  async goForward(branches: Branch[]): Promise<void> {
    const outer = CancellationScope.current();
    this.forwardScope = new CancellationScope();
    // Each branch registers its undo first: what an earlier run has begun is undone as well.
    if (this.rollbackReason) this.forwardScope.cancel();
    try {
      await this.runSideBySide(branches, this.forwardScope);
      if (this.rollbackReason) throw new RollbackRequested(this.rollbackReason);
      // Cancelled while the last steps were in the middle of an effect: they succeeded all the same.
      if (this.forwardScope.consideredCancelled) throw new CancelledFailure('cancelled at the last step');
    } catch (error) {
      if (this.rollbackReason) throw new RollbackRequested(this.rollbackReason);
      // A cancellation isn't handed on to a new run.
      if (error instanceof Renewal && outer.consideredCancelled) throw new CancelledFailure('cancelled by an operator');
      throw error;
    } finally {
      this.forwardScope = undefined;
      this.isUndoable = false;
    }
  }

  /** Cancels all forward steps; goForward throws with this as its reason. No effect once it can no longer be undone. */
  requestRollback(reason: StepFailure): void {
    if (!this.isUndoable || this.rollbackReason) return;
    this.rollbackReason = reason;
    this.forwardScope?.cancel();
  }

  /**
   * Makes room for another operation: rolls back what can be, and leaves what it insists on where it yields. A step
   * that is in the middle of an effect has reported before it is left.
   */
  interrupt(reason: StepFailure): void {
    if (this.yields) this.leftFor ??= reason;
    if (this.isUndoable) this.requestRollback(reason);
    else if (this.yields) this.insistedScope?.cancel();
  }

  /** Runs a step until it is done. Throws on a permanent failure, or when it was parked for too long. */
  async runStep(step: Step): Promise<void> {
    await this.runUntilDone(step, false);
  }

  /**
   * Runs a step until it is done, skipped or left, for as long as it takes: for undos and drops, which nothing could
   * undo.
   */
  async runUntilDoneOrSkipped(step: Step): Promise<void> {
    try {
      await this.runUntilDone(step, true);
    } catch (error) {
      if (this.leftFor === undefined || !isCancellation(error)) throw error;
      await this.passOver(step.name, this.leftFor.cause);
    }
  }

  /** Runs branches side by side; see {@link sideBySide}. */
  runSideBySide(branches: Branch[], scope = new CancellationScope()): Promise<void> {
    if (scope !== this.forwardScope) this.insistedScope = scope;
    this.pauses.branchesStarted(branches.length);
    return sideBySide(branches, scope, () => this.pauses.branchEnded());
  }

  /** The steps that wait on the way forward are of no concern to the rollback. */
  forgetWaiting(): void {
    this.waiting.clear();
    this.hooks.waitingChanged();
  }

  /** Undoes everything that was begun, side by side; cancellation doesn't stop it, and no failure ends it. */
  undoAll(): Promise<void> {
    return CancellationScope.nonCancellable(() =>
      this.runSideBySide([...this.undos.values()].map((undo) => () => this.runUntilDoneOrSkipped(undo))),
    );
  }

  /**
   * Gives an answer to a parked step, or to all of them; steps that only pause are retried at once as well. Returns
   * their names.
   */
  answer(answer: Answer): string[] {
    const isMeant = ([name, it]: [string, WaitingStep]) =>
      (answer.step === undefined || answer.step === name) && (answer.action === 'retry' || it.park !== undefined);
    const meant = [...this.waiting].filter(isMeant);
    for (const [, it] of meant) it.answer = answer;
    return meant.map(([name]) => name);
  }

  /** Notes an answer that was given, for the next step in the master database to record. */
  noteAnswer(answer: TakenAnswer): void {
    this.unrecorded.push(answer);
  }

  /** What was answered and is not recorded yet, for the input of a step that records it: each is handed out once. */
  takeAnswers(): { answers?: TakenAnswer[] } {
    const answers = this.unrecorded;
    this.unrecorded = [];
    return answers.length === 0 ? {} : { answers };
  }

  private async runUntilDone(step: Step, isInsisted: boolean): Promise<void> {
    if (this.done.includes(step.name) || this.skipped.has(step.name)) return;
    const before = this.waiting.get(step.name);
    // It paused when the run before this one ended.
    const isPausing = before !== undefined && this.leftFor === undefined;
    let answer = isPausing ? await this.pauses.pause(step.name, before) : undefined;
    while (!(isInsisted && answer?.action === 'skip')) {
      try {
        // On-call has looked before a retry: a hiccup must not park it again, for minutes.
        const isPatient = !this.waiting.has(step.name) || answer?.action === 'retry';
        return await this.attempt(step, isPatient && this.leftFor === undefined);
      } catch (error) {
        const waiting = await this.afterFailedAttempt(step.name, error, isInsisted);
        answer = await this.pauses.pause(step.name, waiting);
      }
    }
    await this.passOver(step.name, answer.reason ?? '');
  }

  private async passOver(step: string, reason: string): Promise<void> {
    this.skipped.set(step, reason);
    await this.leaveWaiting(step);
  }

  private async attempt(step: Step, isPatient: boolean): Promise<void> {
    this.pauses.stepAttempted();
    for (const name of [step.name, ...(await step.run(isPatient))]) {
      this.done.push(name);
      this.hooks.stepDone();
    }
    await this.leaveWaiting(step.name);
  }

  /** @throws what it was given, where the step is given up */
  private async afterFailedAttempt(step: string, error: unknown, isInsisted: boolean): Promise<WaitingStep> {
    if (isCancellation(error) || isSuperseded(error)) throw error;
    if (isInsisted && this.leftFor !== undefined) throw new CancelledFailure('left');
    const before = this.waiting.get(step);
    const waiting = afterFailure(before, failureOf(error), Date.now());
    const wasRetried = before?.answer?.action === 'retry';
    const failed = { waiting, isRetryable: isRetryable(error), isInsisted, wasRetried };
    const next = nextMove(failed, this.settings, Date.now());
    if (next.move === 'give-up') throw error;
    this.waiting.set(step, waiting);
    this.hooks.waitingChanged();
    if (next.move === 'park') await this.park(waiting);
    return waiting;
  }

  private async park(waiting: WaitingStep): Promise<void> {
    waiting.park = { id: ++this.parks, since: waiting.park?.since ?? Date.now() };
    waiting.parkedRounds = 1;
    this.hooks.waitingChanged();
    await CancellationScope.nonCancellable(() => this.hooks.parkedChanged());
  }

  private async leaveWaiting(step: string): Promise<void> {
    const left = this.waiting.get(step);
    if (left === undefined) return;
    this.waiting.delete(step);
    this.hooks.waitingChanged();
    if (left.park !== undefined) await CancellationScope.nonCancellable(() => this.hooks.parkedChanged());
  }
}
