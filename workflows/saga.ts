import type { Answer } from '@freeflow/contract';
import { CancellationScope, CancelledFailure, condition, isCancellation } from '@temporalio/workflow';
import { failureOf, isSuperseded, isRetryable, Stopped, type Failure } from './failure';
import { isHistoryLong, Renewal } from './renewal';
import { afterFailure, pauseMsOf, type SagaSettings, type Waiting } from './waiting';

/** One thing to do at one place; its name is what everybody calls it. */
export interface Step {
  name: string;
  /** @param ridesOut whether it is to ride out a hiccup by some attempts of its own; else it makes one, and the pauses are the saga's */
  run(ridesOut: boolean): Promise<void>;
}

export interface SagaHooks {
  /** Called when a step is done. */
  done(): void;
  /** Called whenever `waiting` has changed. */
  changed(): void;
  /** Called when a step is parked, or is parked no longer; awaited. */
  parkedChanged(): Promise<void>;
}

/** What a saga knows, as one run hands it to the next. */
export interface SagaState {
  waiting: [string, Waiting][];
  skipped: [string, string][];
  done: string[];
  undos: string[];
  parks: number;
}

/**
 * Steps forward side by side, each with its undo registered before it; when one is given up, all others are cancelled
 * and have reported before any undo begins, or an undo could overtake its own step.
 *
 * Short troubles are retried by the server; longer ones here, with a timer that an answer ends at once. When the bounded
 * tries are over a step is parked: it waits for retry, abort or skip, and tries on slowly by itself.
 */
export class Saga {
  /** The unfinished steps that have failed, by name. */
  readonly waiting: Map<string, Waiting>;
  /** The undos and drops that somebody skipped, with the reason. */
  readonly skipped: Map<string, string>;
  readonly done: string[];
  private readonly undos = new Map<string, Step>();
  private forwardScope: CancellationScope | undefined;
  private stopped: Failure | undefined;
  private parks: number;
  /** The steps that pause, and how many branches have not ended. */
  private readonly resting = new Set<string>();
  private branches = 0;
  private hasTried = false;

  /**
   * @param canTurn whether what it does can be undone as a whole, until it is
   * @param isRenewable false for a run that began before runs were renewed
   */
  constructor(
    private readonly settings: SagaSettings,
    private readonly hooks: SagaHooks,
    private canTurn: boolean,
    private readonly isRenewable: boolean,
    before?: SagaState,
  ) {
    this.waiting = new Map(before?.waiting);
    this.skipped = new Map(before?.skipped);
    this.done = [...(before?.done ?? [])];
    this.parks = before?.parks ?? 0;
  }

  get state(): SagaState {
    return {
      waiting: [...this.waiting],
      skipped: [...this.skipped],
      done: this.done,
      undos: [...this.undos.keys()],
      parks: this.parks,
    };
  }

  get parkedSteps(): string[] {
    return [...this.waiting].filter(([, it]) => it.park !== undefined).map(([name]) => name);
  }

  /** Whether what was begun can still be turned round as a whole. */
  get isGoingForward(): boolean {
    return this.canTurn;
  }

  /** To be called before the step itself: a step that fails may have had its effect all the same. */
  onUndo(undo: Step): void {
    this.undos.set(undo.name, undo);
  }

  /**
   * Goes forward. Throws when a branch gives up or `stop` was called; all branches have ended by then.
   * @throws Stopped when it was stopped from outside
   * @throws Renewal when a new run is to go on with it
   */
  async goForward(branches: (() => Promise<void>)[]): Promise<void> {
    const outer = CancellationScope.current();
    this.forwardScope = new CancellationScope();
    // Each branch registers its undo first: what an earlier run has begun is undone as well.
    if (this.stopped) this.forwardScope.cancel();
    try {
      await this.sideBySide(branches, this.forwardScope);
      if (this.stopped) throw new Stopped(this.stopped);
      // Cancelled while the last steps were in the middle of an effect: they came to a good end all the same.
      if (this.forwardScope.consideredCancelled) throw new CancelledFailure('cancelled at the last step');
    } catch (error) {
      if (this.stopped) throw new Stopped(this.stopped);
      // A cancellation isn't handed on to a new run.
      if (error instanceof Renewal && outer.consideredCancelled) throw new CancelledFailure('cancelled by an operator');
      throw error;
    } finally {
      this.forwardScope = undefined;
      this.canTurn = false;
    }
  }

  /** Turns round: all forward steps are cancelled, and goForward throws with this as its reason. */
  stop(why: Failure): void {
    if (!this.canTurn || this.stopped) return;
    if (!this.isRenewable && this.forwardScope === undefined) return;
    this.stopped = why;
    this.forwardScope?.cancel();
  }

  /** Runs a step until it is done. Throws when waiting can't mend it, or when it was parked for too long. */
  async forward(step: Step): Promise<void> {
    await this.untilDone(step, false);
  }

  /** Runs a step until it is done or skipped, for as long as it takes: for undos and drops, which nothing could undo. */
  async insist(step: Step): Promise<void> {
    await this.untilDone(step, true);
  }

  /** Runs branches side by side. When one throws, the others are cancelled, and all have ended before this throws. */
  async sideBySide(branches: (() => Promise<void>)[], scope = new CancellationScope()): Promise<void> {
    const failures: unknown[] = [];
    this.branches = branches.length;
    await scope.run(() =>
      Promise.all(
        branches.map(async (branch) => {
          await branch().catch((error: unknown) => {
            failures.push(error);
            scope.cancel();
          });
          this.branches--;
        }),
      ),
    );
    // The first is the cause; what was cancelled because of it came later.
    if (failures.length > 0) throw failures[0];
  }

  /** What waits on the way forward is of no concern on the way back. */
  forgetForward(): void {
    this.waiting.clear();
    this.hooks.changed();
  }

  /** Undoes everything that was begun, side by side; cancellation doesn't stop it, and nothing makes it give up. */
  undoAll(): Promise<void> {
    return CancellationScope.nonCancellable(() =>
      this.sideBySide([...this.undos.values()].map((undo) => () => this.insist(undo))),
    );
  }

  /** Answers a parked step, or all of them. Steps that only pause are retried at once as well. */
  answer(answer: Answer): string[] {
    const isMeant = ([name, it]: [string, Waiting]) =>
      (answer.step === undefined || answer.step === name) && (answer.action === 'retry' || it.park !== undefined);
    const meant = [...this.waiting].filter(isMeant);
    for (const [, it] of meant) it.answer = answer;
    return meant.map(([name]) => name);
  }

  private async untilDone(step: Step, insists: boolean): Promise<void> {
    if (this.done.includes(step.name) || this.skipped.has(step.name)) return;
    let waiting = this.waiting.get(step.name);
    // It paused when the run before this one ended.
    let answer = waiting === undefined ? undefined : await this.pause(step.name, waiting);
    while (!(insists && answer?.action === 'skip')) {
      try {
        // Who says retry has looked: a hiccup must not leave it parked again, for minutes.
        await this.tryOut(step, waiting === undefined || answer?.action === 'retry');
        return;
      } catch (error) {
        if (isCancellation(error) || isSuperseded(error) || (!insists && !isRetryable(error))) throw error;
        const isAnswered = waiting?.answer?.action === 'retry';
        waiting = this.note(step.name, error);
        if (waiting.park !== undefined && isAnswered) await this.park(waiting);
        if (
          waiting.park === undefined &&
          (!isRetryable(error) || Date.now() - waiting.failedSince >= this.settings.patienceMs)
        )
          await this.park(waiting);
        if (!insists && this.isOverdue(waiting)) throw error;
        answer = await this.pause(step.name, waiting);
      }
    }
    this.skipped.set(step.name, answer.reason ?? '');
    await this.leave(step.name);
  }

  private async tryOut(step: Step, ridesOut: boolean): Promise<void> {
    this.hasTried = true;
    await step.run(ridesOut);
    this.done.push(step.name);
    this.hooks.done();
    await this.leave(step.name);
  }

  private note(step: string, error: unknown): Waiting {
    const { cause, advice } = failureOf(error);
    const waiting = afterFailure(this.waiting.get(step), { cause, advice }, Date.now());
    this.waiting.set(step, waiting);
    this.hooks.changed();
    return waiting;
  }

  private async park(waiting: Waiting): Promise<void> {
    waiting.park = { id: ++this.parks, since: waiting.park?.since ?? Date.now() };
    waiting.parkedRounds = 1;
    this.hooks.changed();
    await CancellationScope.nonCancellable(() => this.hooks.parkedChanged());
  }

  private async leave(step: string): Promise<void> {
    const left = this.waiting.get(step);
    if (left === undefined) return;
    this.waiting.delete(step);
    this.hooks.changed();
    if (left.park !== undefined) await CancellationScope.nonCancellable(() => this.hooks.parkedChanged());
  }

  private isOverdue({ park }: Waiting): boolean {
    const { giveUpAfterMs } = this.settings;
    return park !== undefined && giveUpAfterMs !== undefined && Date.now() - park.since >= giveUpAfterMs;
  }

  private async pause(step: string, waiting: Waiting): Promise<Answer | undefined> {
    const now = Date.now();
    waiting.nextTryAt ??= now + pauseMsOf(waiting, this.settings, now);
    this.resting.add(step);
    try {
      const isOver = () => waiting.answer !== undefined || this.canRenew();
      await condition(isOver, Math.max(1, waiting.nextTryAt - now), { summary: `${step} is tried again after this` });
      // Where a new run is to go on nothing more is begun, unless somebody says so.
      if (this.isRenewable) await condition(() => isOver() || !this.isRenewalDue());
      if (waiting.answer === undefined && this.canRenew()) throw new Renewal();
      return waiting.answer;
    } finally {
      this.resting.delete(step);
    }
  }

  /** Not before this run has tried something: else runs of no use would follow each other. */
  private isRenewalDue(): boolean {
    return this.isRenewable && this.hasTried && isHistoryLong(this.settings.eventsPerRun);
  }

  /** Whether all that is left pauses, and no answer is to be carried out: nothing is lost by a new run. */
  private canRenew(): boolean {
    return (
      this.isRenewalDue() &&
      this.resting.size === this.branches &&
      [...this.waiting.values()].every((it) => it.answer === undefined)
    );
  }
}
