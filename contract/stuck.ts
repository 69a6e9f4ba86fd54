interface StuckRow {
  /** What has happened, where the operation has no cause of its own. */
  readonly cause: string;
  /** What to do about it, for a client of the API; for everybody where there is no `commandAdvice`. */
  readonly advice: string;
  /** What to do about it, in commands of `freeflow`. */
  readonly commandAdvice?: string;
}

/** Why an operation does not go on by itself: one row each. */
export const STUCK = {
  parked: {
    cause: 'a step waits for an answer',
    advice: 'See its cause, then retry, abort or skip.',
  },
  'not-started': {
    cause: 'no run has started',
    advice: 'Check that Temporal is up and a worker runs: freeflow doctor. A retry starts it.',
  },
  'run-gone': {
    cause: 'its run was terminated',
    advice: 'A retry starts a new run, which finds the true state; so does the next sweep.',
  },
  'run-fails': {
    cause: 'its workflow task fails on every worker',
    advice: "See the worker's log. A retry terminates the run and starts a new one.",
  },
  'run-unattended': {
    cause: 'its run belongs to a build of the worker that has no workers',
    advice: 'Start workers of that build again, or retry: that ends the run and starts a new one on the current build.',
  },
  'overdue-purge': {
    cause: 'its data is due to be dropped, and no sweep has started that',
    advice:
      'Check that the schedule of the sweep is not paused and a worker runs: freeflow doctor. To purge it by hand: DELETE with mode=hard.',
    commandAdvice:
      'Check that the schedule of the sweep is not paused and a worker runs: freeflow doctor. To purge it by hand: freeflow tenants delete NAME --hard',
  },
  'overdue-retire': {
    cause: 'old credentials are due to be ended, and no sweep has started that',
    advice:
      'Check that the schedule of the sweep is not paused and a worker runs: freeflow doctor. To end them at once: rotate with overlapSeconds 0, or suspend the tenant.',
    commandAdvice:
      'Check that the schedule of the sweep is not paused and a worker runs: freeflow doctor. To end them at once: freeflow tenants rotate NAME --now',
  },
} as const satisfies Record<string, StuckRow>;

export type StuckReason = keyof typeof STUCK;

export const STUCK_REASONS = Object.keys(STUCK) as [StuckReason, ...StuckReason[]];

/** What to do about an operation that is stuck, for a user of the command line. */
export function commandAdviceOnStuck(why: StuckReason): string {
  const { advice, commandAdvice }: StuckRow = STUCK[why];
  return commandAdvice ?? advice;
}
