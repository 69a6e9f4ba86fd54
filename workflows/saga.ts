import { ActivityFailure, ApplicationFailure, CancellationScope, condition, isCancellation } from '@temporalio/workflow';

/** One thing to do at one place; its name is what everybody calls it. */
export interface Step {
  name: string;
  /** @param round 0 the first time, then counting up with every repetition after a pause */
  run(round: number): Promise<void>;
}

/** Why a step isn't done yet, for whoever asks. */
export interface Waiting {
  cause: string;
  advice: string;
  failedSince: number;
  rounds: number;
  /** An answer from outside: end the pause now. */
  answer?: 'retry';
}

/** A step that was given up, or that waiting can't mend. */
export interface Failure {
  step: string;
  cause: string;
  advice: string;
}

const PAUSES_MS = [2_000, 5_000, 10_000, 20_000, 30_000];
const SLOW_PAUSE_MS = 300_000;

/**
 * Steps forward side by side, each with its undo registered before it; when one is given up, all others are cancelled
 * and have reported before any undo begins, or an undo could overtake its own step.
 *
 * Short troubles are retried by the server; longer ones here, with a timer that an answer ends at once.
 */
export class Saga {
  /** The unfinished steps that have failed, by name. */
  readonly waiting = new Map<string, Waiting>();
  private readonly undos: Step[] = [];

  /**
   * @param patienceMs how long a forward step is retried after its first failure
   * @param changed called whenever `waiting` has changed
   */
  constructor(
    private readonly patienceMs: number,
    private readonly changed: () => void,
  ) {}

  /** To be called before the step itself: a step that fails may have had its effect all the same. */
  onUndo(undo: Step): void {
    this.undos.push(undo);
  }

  /** Runs a step until it is done. Throws when its patience is over or when waiting can't mend it. */
  forward(step: Step): Promise<void> {
    return this.untilDone(step, this.patienceMs);
  }

  /** Runs a step until it is done, for as long as it takes: for undos and drops, which nothing could undo. */
  insist(step: Step): Promise<void> {
    return this.untilDone(step, Infinity);
  }

  /** Runs branches side by side. When one throws, the others are cancelled, and all have ended before this throws. */
  async sideBySide(branches: (() => Promise<void>)[]): Promise<void> {
    const failures: unknown[] = [];
    const scope = new CancellationScope();
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
    this.changed();
    return CancellationScope.nonCancellable(() => this.sideBySide(this.undos.map((undo) => () => this.insist(undo))));
  }

  /** Ends the pause of a waiting step, or of all. An answer never counts for a later pause. */
  retryNow(step?: string): void {
    for (const [name, waiting] of this.waiting) {
      if (step === undefined || step === name) waiting.answer = 'retry';
    }
  }

  private async untilDone(step: Step, patienceMs: number): Promise<void> {
    for (let round = 0; ; round++) {
      try {
        await step.run(round);
        if (this.waiting.delete(step.name)) this.changed();
        return;
      } catch (error) {
        if (isCancellation(error) || !mends(error)) throw error;
        const waiting = this.note(step.name, error, round);
        if (Date.now() - waiting.failedSince >= patienceMs) throw error;
        await this.pause(step.name, waiting, round);
      }
    }
  }

  private note(step: string, error: unknown, round: number): Waiting {
    const { cause, advice } = failureOf(error);
    const waiting: Waiting = { cause, advice, failedSince: this.waiting.get(step)?.failedSince ?? Date.now(), rounds: round + 1 };
    this.waiting.set(step, waiting);
    this.changed();
    return waiting;
  }

  private async pause(step: string, waiting: Waiting, round: number): Promise<void> {
    const isSlow = Date.now() - waiting.failedSince >= this.patienceMs;
    const pauseMs = isSlow ? SLOW_PAUSE_MS : (PAUSES_MS[Math.min(round, PAUSES_MS.length - 1)] ?? SLOW_PAUSE_MS);
    await condition(() => waiting.answer !== undefined, pauseMs, { summary: `${step} is tried again after this` });
  }
}

/** What is to be told of a failure: the activity's own words, which are fit for everybody. */
export function failureOf(error: unknown): Failure {
  if (isCancellation(error)) return { step: 'cancelled', cause: 'cancelled by an operator', advice: 'Create the tenant again when you want it.' };
  if (!(error instanceof ActivityFailure)) throw error; // A defect: it must fail the workflow task, not the tenant.
  const { cause, activityType } = error;
  const [detail] = cause instanceof ApplicationFailure ? (cause.details ?? []) : [];
  const advice = (detail as { advice?: string } | undefined)?.advice;
  return {
    step: activityType,
    cause: cause?.message ?? error.message,
    advice: advice ?? 'The worker ended or was cut off in the middle; the step is repeated by itself.',
  };
}

function mends(error: unknown): boolean {
  return error instanceof ActivityFailure && !(error.cause instanceof ApplicationFailure && error.cause.nonRetryable === true);
}
