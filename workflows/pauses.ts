import type { Answer } from '@freeflow/contract';
import { condition } from '@temporalio/workflow';
import { pauseMsOf, type SagaSettings, type WaitingStep } from './next-move';
import { isBuildReplaced, isHistoryLong, Renewal } from './renewal';

/**
 * The pauses between the attempts of steps that have failed. An answer ends a pause at once. Where all that is left
 * pauses and the history has become long, or workers of another build have replaced these, a new run goes on.
 */
export class Pauses {
  /** The steps that pause. */
  private readonly resting = new Set<string>();
  /** Branches that have not ended. */
  private branches = 0;
  private hasAttempted = false;

  constructor(
    private readonly settings: SagaSettings,
    private readonly waiting: ReadonlyMap<string, WaitingStep>,
  ) {}

  branchesStarted(count: number): void {
    this.branches = count;
  }

  branchEnded(): void {
    this.branches--;
  }

  stepAttempted(): void {
    this.hasAttempted = true;
  }

  /**
   * Waits until a step is to be tried again.
   * @returns the answer that has ended the pause, if one has
   * @throws Renewal when a new run is to go on
   */
  async pause(step: string, waiting: WaitingStep): Promise<Answer | undefined> {
    const now = Date.now();
    waiting.nextTryAt ??= now + pauseMsOf(waiting, this.settings, now);
    this.resting.add(step);
    try {
      const isOver = () => waiting.answer !== undefined || this.canRenew();
      await condition(isOver, Math.max(1, waiting.nextTryAt - now), { summary: `${step} is tried again after this` });
      // Where a new run is to go on no attempt is made any more, unless on-call requests one.
      await condition(() => isOver() || !this.isRenewalDue());
      if (waiting.answer === undefined && this.canRenew()) throw new Renewal();
      return waiting.answer;
    } finally {
      this.resting.delete(step);
    }
  }

  /** Not before this run has attempted something: else runs without use would follow each other. */
  private isRenewalDue(): boolean {
    return this.hasAttempted && (isBuildReplaced() || isHistoryLong(this.settings.eventsPerRun));
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
