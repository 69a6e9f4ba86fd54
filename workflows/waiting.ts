import type { Answer } from '@freeflow/contract';

/** A step that has failed and isn't done yet, for whoever asks. */
export interface Waiting {
  cause: string;
  advice: string;
  failedSince: number;
  rounds: number;
  /** Set once its bounded tries are over: it waits for an answer, and goes on trying slowly. */
  park?: { id: number; since: number };
  /** Failed rounds since it was parked, or since somebody said retry: its pauses grow with them. */
  parkedRounds?: number;
  /** Set while it pauses: when it is tried again by itself, in ms. */
  nextTryAt?: number;
  /** An answer from outside, for this very pause: it never counts for a later one. */
  answer?: Answer;
}

export interface SagaSettings {
  /** How long a step is tried, after its first failure, before it is parked; in ms. */
  patienceMs: number;
  /** How soon a parked step is tried by itself at first, in ms; each pause is twice the one before, up to an hour. */
  parkedRetryMs: number;
  /** The longest of these pauses; an hour, when left out. */
  longestPauseMs?: number;
  /** When a parked forward step that nobody answers is given up, in ms after it was first parked. Never, when left out. */
  giveUpAfterMs?: number;
  /** How many events the history of a run may have before it goes on in a new run. */
  eventsPerRun?: number;
}

const PAUSES_MS = [2_000, 5_000, 10_000, 20_000, 30_000];
const HOUR_MS = 3_600_000;

/** How long a step that has just failed pauses, in ms. */
export function pauseMsOf(
  { rounds, park, parkedRounds = 1 }: Waiting,
  { parkedRetryMs, longestPauseMs = HOUR_MS, giveUpAfterMs = Infinity }: SagaSettings,
  now: number,
): number {
  if (park === undefined) return PAUSES_MS[Math.min(rounds, PAUSES_MS.length) - 1] ?? parkedRetryMs;
  const growing = Math.min(parkedRetryMs * 2 ** (parkedRounds - 1), Math.max(longestPauseMs, parkedRetryMs));
  return Math.max(1, Math.min(growing, park.since + giveUpAfterMs - now));
}

/** What is known of a step after another failure. */
export function afterFailure(
  before: Waiting | undefined,
  why: { cause: string; advice: string },
  now: number,
): Waiting {
  const { failedSince = now, rounds = 0, park, parkedRounds, answer } = before ?? {};
  return {
    ...why,
    failedSince,
    rounds: rounds + 1,
    ...(park === undefined ? {} : { park, parkedRounds: answer?.action === 'retry' ? 1 : (parkedRounds ?? 0) + 1 }),
    // Given while the step was being tried: a retry has been had by that, a skip still holds for this park.
    ...(answer?.action === 'skip' ? { answer } : {}),
  };
}
