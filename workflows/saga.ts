import { CancellationScope, CancelledFailure, condition, isCancellation } from '@temporalio/workflow';
import { failureOf, isSuperseded, mends, Stopped, type Failure } from './failure';
import type { Answer } from './messages';

/** One thing to do at one place; its name is what everybody calls it. */
export interface Step {
  name: string;
  /** @param ridesOut whether it is to ride out a hiccup by some attempts of its own; else it makes one, and the pauses are the saga's */
  run(ridesOut: boolean): Promise<void>;
}

/** A step that has failed and isn't done yet, for whoever asks. */
export interface Waiting {
  cause: string;
  advice: string;
  failedSince: number;
  rounds: number;
  /** Set once its bounded tries are over: it waits for an answer, and goes on trying slowly. */
  park?: { id: number; since: number };
  /** An answer from outside, for this very pause: it never counts for a later one. */
  answer?: Answer;
}

export interface SagaSettings {
  /** How long a step is tried, after its first failure, before it is parked; in ms. */
  patienceMs: number;
  /** How often a parked step is tried by itself, in ms. */
  parkedRetryMs: number;
  /** When a parked forward step that nobody answers is given up, in ms after it was first parked. Never, when left out. */
  giveUpAfterMs?: number;
}

export interface SagaHooks {
  /** Called when a step is done. */
  done(step: string): void;
  /** Called whenever `waiting` has changed. */
  changed(): void;
  /** Called when a step is parked, or is parked no longer; awaited. */
  parkedChanged(): Promise<void>;
}

const PAUSES_MS = [2_000, 5_000, 10_000, 20_000, 30_000];

/**
 * Steps forward side by side, each with its undo registered before it; when one is given up, all others are cancelled
 * and have reported before any undo begins, or an undo could overtake its own step.
 *
 * Short troubles are retried by the server; longer ones here, with a timer that an answer ends at once. When the bounded
 * tries are over a step is parked: it waits for retry, abort or skip, and tries on slowly by itself.
 */
export class Saga {
  /** The unfinished steps that have failed, by name. */
  readonly waiting = new Map<string, Waiting>();
  /** The undos and drops that somebody skipped, with the reason. */
  readonly skipped = new Map<string, string>();
  private readonly undos: Step[] = [];
  private forwardScope: CancellationScope | undefined;
  private stopped: Failure | undefined;
  private parks = 0;

  constructor(
    private readonly settings: SagaSettings,
    private readonly hooks: SagaHooks,
  ) {}

  get parkedSteps(): string[] {
    return [...this.waiting].filter(([, it]) => it.park !== undefined).map(([name]) => name);
  }

  /** Whether what was begun can still be turned round as a whole. */
  get isGoingForward(): boolean {
    return this.forwardScope !== undefined;
  }

  /** To be called before the step itself: a step that fails may have had its effect all the same. */
  onUndo(undo: Step): void {
    this.undos.push(undo);
  }

  /**
   * Goes forward. Throws when a branch gives up or `stop` was called; all branches have ended by then.
   * @throws Stopped when it was stopped from outside
   */
  async goForward(branches: (() => Promise<void>)[]): Promise<void> {
    this.forwardScope = new CancellationScope();
    try {
      await this.sideBySide(branches, this.forwardScope);
      if (this.stopped) throw new Stopped(this.stopped);
      // Cancelled while the last steps were in the middle of an effect: they came to a good end all the same.
      if (this.forwardScope.consideredCancelled) throw new CancelledFailure('cancelled at the last step');
    } catch (error) {
      throw this.stopped ? new Stopped(this.stopped) : error;
    } finally {
      this.forwardScope = undefined;
    }
  }

  /** Turns round: all forward steps are cancelled, and goForward throws with this as its reason. */
  stop(why: Failure): void {
    if (this.forwardScope === undefined || this.stopped) return;
    this.stopped = why;
    this.forwardScope.cancel();
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
    await scope.run(() =>
      Promise.all(
        branches.map(async (branch) => {
          await branch().catch((error: unknown) => {
            failures.push(error);
            scope.cancel();
          });
        }),
      ),
    );
    // The first is the cause; what was cancelled because of it came later.
    if (failures.length > 0) throw failures[0];
  }

  /** Undoes everything that was begun, side by side; cancellation doesn't stop it, and nothing makes it give up. */
  undoAll(): Promise<void> {
    this.waiting.clear();
    this.hooks.changed();
    return CancellationScope.nonCancellable(() => this.sideBySide(this.undos.map((undo) => () => this.insist(undo))));
  }

  /** Answers a parked step, or all of them. Steps that only pause are retried at once as well. */
  answer(answer: Answer): string[] {
    const isMeant = ([name, it]: [string, Waiting]) => (answer.step === undefined || answer.step === name) && (answer.action === 'retry' || it.park !== undefined);
    const meant = [...this.waiting].filter(isMeant);
    for (const [, it] of meant) it.answer = answer;
    return meant.map(([name]) => name);
  }

  private async untilDone(step: Step, insists: boolean): Promise<void> {
    let answer: Answer | undefined;
    for (let round = 0; ; round++) {
      try {
        // Who says retry has looked: a hiccup must not leave it parked again, for minutes.
        await step.run(round === 0 || answer?.action === 'retry');
        this.hooks.done(step.name);
        await this.leave(step.name);
        return;
      } catch (error) {
        if (isCancellation(error) || isSuperseded(error) || (!insists && !mends(error))) throw error;
        const waiting = this.note(step.name, error, round);
        if (waiting.park === undefined && (!mends(error) || Date.now() - waiting.failedSince >= this.settings.patienceMs)) await this.park(waiting);
        if (!insists && this.isOverdue(waiting)) throw error;
        answer = await this.pause(step.name, waiting, round);
        if (answer?.action === 'skip' && insists) {
          this.skipped.set(step.name, answer.reason ?? '');
          await this.leave(step.name);
          return;
        }
      }
    }
  }

  private note(step: string, error: unknown, round: number): Waiting {
    const { cause, advice } = failureOf(error);
    const before = this.waiting.get(step);
    const waiting: Waiting = {
      cause, advice,
      failedSince: before?.failedSince ?? Date.now(),
      rounds: round + 1,
      ...(before?.park ? { park: before.park } : {}),
      // Given while the step was being tried: a retry has been had by that, a skip still holds for this park.
      ...(before?.answer?.action === 'skip' ? { answer: before.answer } : {}),
    };
    this.waiting.set(step, waiting);
    this.hooks.changed();
    return waiting;
  }

  private async park(waiting: Waiting): Promise<void> {
    waiting.park = { id: ++this.parks, since: Date.now() };
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

  private async pause(step: string, waiting: Waiting, round: number): Promise<Answer | undefined> {
    const { parkedRetryMs, giveUpAfterMs = Infinity } = this.settings;
    const pauseMs = waiting.park === undefined
      ? (PAUSES_MS[Math.min(round, PAUSES_MS.length - 1)] ?? parkedRetryMs)
      : Math.max(1, Math.min(parkedRetryMs, waiting.park.since + giveUpAfterMs - Date.now()));
    await condition(() => waiting.answer !== undefined, pauseMs, { summary: `${step} is tried again after this` });
    return waiting.answer;
  }
}
