import { decideNext } from './next-move';

const PAUSES = [5_000, 300_000];
const AT = new Date('2026-11-27T06:00:00Z');
const LATER = new Date('2026-11-27T07:00:00Z');
const delivery = { isPing: false, attempt: 0, firstFailedAt: null, failingSince: null };
const refused = { status: 500, cause: 'answered 500' };

test('what was taken is delivered', () => {
  expect(decideNext({ status: 204, cause: null }, delivery, PAUSES, 0)).toEqual({ move: 'delivered' });
});

test('what was not is tried again after ever longer pauses, each a little longer than it is to be', () => {
  expect(decideNext(refused, delivery, PAUSES, 0)).toEqual({ move: 'retry', pauseMs: 5_000 });
  expect(decideNext(refused, { ...delivery, attempt: 1, firstFailedAt: AT }, PAUSES, 1)).toEqual({
    move: 'retry',
    pauseMs: 330_000,
  });
});

const last = { ...delivery, attempt: 2, firstFailedAt: AT };

test('after the last one it is given up where others were taken meanwhile', () => {
  expect(decideNext(refused, { ...last, failingSince: null }, PAUSES, 0)).toEqual({ move: 'failed' });
  expect(decideNext(refused, { ...last, failingSince: LATER }, PAUSES, 0)).toEqual({ move: 'failed' });
});

test('where nothing was, its webhook is disabled', () => {
  expect(decideNext(refused, { ...last, failingSince: AT }, PAUSES, 0)).toEqual({ move: 'disable', reason: 'failing' });
});

test('a receiver that says it is gone is believed at once; a ping is tried once and disables nothing', () => {
  const gone = { status: 410, cause: 'answered 410' };
  expect(decideNext(gone, delivery, PAUSES, 0)).toEqual({ move: 'disable', reason: 'gone' });
  expect(decideNext(gone, { ...delivery, isPing: true }, PAUSES, 0)).toEqual({ move: 'failed' });
  expect(decideNext(refused, { ...delivery, isPing: true }, PAUSES, 0)).toEqual({ move: 'failed' });
});
