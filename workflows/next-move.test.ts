import { afterFailure, nextMove, pauseMsOf, type FailedStep, type WaitingStep } from './next-move';

const SETTINGS = { patienceMs: 1_000, parkedRetryMs: 600_000 };
const NOW = 1_000_000;
const why = { cause: 'it is away', advice: 'Start it.' };
const failing = (more: Partial<WaitingStep> = {}): WaitingStep => ({ ...why, failedSince: NOW, rounds: 1, ...more });
const failed = (more: Partial<FailedStep> = {}): FailedStep => ({
  waiting: failing(),
  isRetryable: true,
  isInsisted: false,
  wasRetried: false,
  ...more,
});
const parked = (since: number) => failing({ park: { id: 1, since }, parkedRounds: 1 });

test('a step is tried again while patience lasts, and parked when it is over', () => {
  expect(nextMove(failed(), SETTINGS, NOW + 999)).toEqual({ move: 'try-again' });
  expect(nextMove(failed(), SETTINGS, NOW + 1_000)).toEqual({ move: 'park', isNew: true });
});

test('what waiting cannot fix is given up on the way forward, and parked at once where it has to be done', () => {
  expect(nextMove(failed({ isRetryable: false }), SETTINGS, NOW)).toEqual({ move: 'give-up' });
  expect(nextMove(failed({ isRetryable: false, isInsisted: true }), SETTINGS, NOW)).toEqual({
    move: 'park',
    isNew: true,
  });
});

test('a parked step is tried again by itself; after a retry it is parked anew', () => {
  expect(nextMove(failed({ waiting: parked(NOW) }), SETTINGS, NOW + 5_000)).toEqual({ move: 'try-again' });
  expect(nextMove(failed({ waiting: parked(NOW), wasRetried: true }), SETTINGS, NOW + 5_000)).toEqual({
    move: 'park',
    isNew: false,
  });
});

test('a parked step that is not answered is given up after its time, an undo or a drop never', () => {
  const settings = { ...SETTINGS, giveUpAfterMs: 60_000 };
  expect(nextMove(failed({ waiting: parked(NOW) }), settings, NOW + 59_999)).toEqual({ move: 'try-again' });
  expect(nextMove(failed({ waiting: parked(NOW) }), settings, NOW + 60_000)).toEqual({ move: 'give-up' });
  // Also where the last attempt was a retry: the time counts from the first park.
  expect(nextMove(failed({ waiting: parked(NOW), wasRetried: true }), settings, NOW + 60_000)).toEqual({
    move: 'give-up',
  });
  expect(nextMove(failed({ waiting: parked(NOW), isInsisted: true }), settings, NOW + 60_000)).toEqual({
    move: 'try-again',
  });
});

test('pauses grow with each round, up to the longest, and end when it is to be given up', () => {
  const bounded = [1, 2, 3, 4, 5, 6].map((rounds) => pauseMsOf(failing({ rounds }), SETTINGS, NOW));
  expect(bounded).toEqual([2_000, 5_000, 10_000, 20_000, 30_000, 30_000]);
  const slow = [1, 2, 3, 4, 5].map((parkedRounds) =>
    pauseMsOf({ ...parked(NOW), parkedRounds }, { ...SETTINGS, longestPauseMs: 3_600_000 }, NOW),
  );
  expect(slow).toEqual([600_000, 1_200_000, 2_400_000, 3_600_000, 3_600_000]);
  expect(pauseMsOf(parked(NOW), { ...SETTINGS, giveUpAfterMs: 60_000 }, NOW + 50_000)).toBe(10_000);
});

test('an answer counts for the park it was given to: a retry is used up by its attempt, a skip stays', () => {
  const retried = afterFailure({ ...parked(NOW), parkedRounds: 4, answer: { action: 'retry', by: 'me' } }, why, NOW);
  expect(retried).toEqual({ ...parked(NOW), rounds: 2 });
  const skip = { action: 'skip', by: 'me', reason: 'lost' } as const;
  expect(afterFailure({ ...parked(NOW), answer: skip }, why, NOW)).toMatchObject({ answer: skip, parkedRounds: 2 });
});

test('a step knows since when it fails, and how often it has', () => {
  const first = afterFailure(undefined, why, NOW);
  expect(first).toEqual({ ...why, failedSince: NOW, rounds: 1 });
  expect(afterFailure(first, { ...why, cause: 'it is full' }, NOW + 9)).toEqual({
    ...why,
    cause: 'it is full',
    failedSince: NOW,
    rounds: 2,
  });
});
