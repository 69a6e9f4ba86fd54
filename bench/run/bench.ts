import type { StackInfo } from '@freeflow/contract/stack-info';
import type { Result } from '../report/schema';
import type { Script } from '../script';

/** What every scenario is given. */
export interface Bench {
  info: StackInfo;
  script: Script;
  isQuick: boolean;
  /** Another Temporal to measure beside the stack's; nothing where none is given. */
  temporalAddress?: string | undefined;
  /** Aborted by Ctrl-C: loops end, and what was made is removed. */
  signal: AbortSignal;
  /** How often something is measured: by `--n` where given, else by the form of the run. */
  count(quick: number, long: number): number;
  /** What is being done right now. */
  note(text: string): void;
}

/** One question to which the run gives figures. */
export interface Scenario {
  name: string;
  title: string;
  /** What is measured and how, for the page. */
  about: string;
  /** Left out of a quick run: it takes too long. */
  isLongOnly?: boolean;
  run(bench: Bench): Promise<Result>;
}

/** A scenario that can't be run here, which is no failure. */
export class LeftOut extends Error {}
