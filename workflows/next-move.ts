import type { Answer } from '@freeflow/contract';

/** A step that has failed and is not done yet; the answer to the query `waiting`. */
export interface WaitingStep {
  cause: string;
  advice: string;
  /** When it failed first, in ms since 1970. */
  failedSince: number;
  /** How often it has failed. */
  rounds: number;
  /**
   * Set once its bounded tries are over: it waits for an answer, and is tried again slowly. `since`: in ms since 1970.
   */
  park?: { id: number; since: number };
  /** Failed rounds since it was parked, or since the last retry: its pauses grow with them. */
  parkedRounds?: number;
  /** Set while it pauses: when it is tried again by itself, in ms since 1970. */
  nextTryAt?: number;
  /** An answer to this very park: it never counts for a later one. */
  answer?: Answer;
}

/** How long a saga waits for what, in ms. */
export interface SagaSettings {
  /** How long a step is tried, after its first failure, before it is parked. */
  patienceMs: number;
  /** How soon a parked step is tried by itself at first; each pause is twice the one before. */
  parkedRetryMs: number;
  /** The longest of these pauses; an hour, when left out. */
  longestPauseMs?: number;
  /** When a parked forward step that is not answered is given up, after it was first parked; never, when left out. */
  giveUpAfterMs?: number;
  /** How many events the history of a run may have before it goes on in a new run. */
  eventsPerRun?: number;
}

/** What happens to a step that has failed; it is tried again after so many ms unless it is given up. */
export type NextMove =
  | { readonly move: 'give-up' }
  /** `isNew`: it was not parked before. */
  | { readonly move: 'park'; readonly isNew: boolean }
  | { readonly move: 'try-again' };

export interface FailedStep {
  waiting: WaitingStep;
  /** False for a permanent failure: waiting does not help. */
  isRetryable: boolean;
  /** True for an undo or a drop, which nothing could undo: only a person's skip ends it. */
  isInsisted: boolean;
  /** Whether this attempt was on-call's retry. */
  wasRetried: boolean;
}

const PAUSES_MS = [2_000, 5_000, 10_000, 20_000, 30_000];
const HOUR_MS = 3_600_000;

/** Decides what a step does that has just failed: it is tried again, parked, or given up. */
export function nextMove(
  { waiting, isRetryable, isInsisted, wasRetried }: FailedStep,
  settings: SagaSettings,
  now: number,
): NextMove {
  const { park, failedSince } = waiting;
  if (!isInsisted && !isRetryable) return { move: 'give-up' };
  if (park === undefined) {
    const isOverdue = !isRetryable || now - failedSince >= settings.patienceMs;
    return isOverdue ? { move: 'park', isNew: true } : { move: 'try-again' };
  }
  const { giveUpAfterMs = Infinity } = settings;
  if (!isInsisted && now - park.since >= giveUpAfterMs) return { move: 'give-up' };
  // The on-call who answered retry is waiting for its result.
  return wasRetried ? { move: 'park', isNew: false } : { move: 'try-again' };
}

/** What is known of a step after another failure. */
export function afterFailure(
  before: WaitingStep | undefined,
  { cause, advice }: { cause: string; advice: string },
  now: number,
): WaitingStep {
  const { failedSince = now, rounds = 0, park, parkedRounds, answer } = before ?? {};
  return {
    cause,
    advice,
    failedSince,
    rounds: rounds + 1,
    ...(park === undefined ? {} : { park, parkedRounds: answer?.action === 'retry' ? 1 : (parkedRounds ?? 0) + 1 }),
    // The answer arrived during the attempt: that attempt was the retry; a skip stays valid for this park.
    ...(answer?.action === 'skip' ? { answer } : {}),
  };
}

/** How long a step that has just failed pauses, in ms. */
export function pauseMsOf(
  { rounds, park, parkedRounds = 1 }: WaitingStep,
  { parkedRetryMs, longestPauseMs = HOUR_MS, giveUpAfterMs = Infinity }: SagaSettings,
  now: number,
): number {
  if (park === undefined) return PAUSES_MS[Math.min(rounds, PAUSES_MS.length) - 1] ?? parkedRetryMs;
  const growing = Math.min(parkedRetryMs * 2 ** (parkedRounds - 1), Math.max(longestPauseMs, parkedRetryMs));
  return Math.max(1, Math.min(growing, park.since + giveUpAfterMs - now));
}
