import type { TakenAnswer } from '@freeflow/contract';
import type { WaitingStep } from './next-move';

/** One unit of work; its name is what everybody calls it. */
export interface Step {
  name: string;
  /**
   * @param isPatient whether it rides out a hiccup by some attempts of its own; else it makes one, and the pauses are
   * the saga's
   * @returns the names of steps that it has done along with itself
   */
  run(isPatient: boolean): Promise<readonly string[]>;
}

export interface SagaHooks {
  /** Called when a step is done. */
  stepDone(): void;
  /** Called whenever `waiting` has changed. */
  waitingChanged(): void;
  /** Called when a step is parked, or is parked no longer; awaited. */
  parkedChanged(): Promise<void>;
}

/** What a saga knows, as one run hands it to the next. */
export interface SagaState {
  waiting: [string, WaitingStep][];
  skipped: [string, string][];
  done: string[];
  undos: string[];
  parks: number;
  /** Left out by runs of older builds. */
  unrecorded?: TakenAnswer[];
}
