import { healthAfter, type Health } from './health';
import { decideNext } from './next-move';

const PAUSES = [5_000, 300_000];
const WHOLE = 305_000;
const START = Date.parse('2026-11-27T10:00:00Z');
const at = (ms: number) => new Date(START + ms);
const delivery = { isPing: false, attempt: 0, firstFailedAt: null, lastFailedAt: null };
const refused = { status: 500, cause: 'answered 500' };
const failing = (since: number, failures: number): Health => ({ failingSince: at(since), failures });
const when = (now: number, health: Health) => ({ health, isEnabled: true, pausesMs: PAUSES, now: at(now), random: 0 });

test('what was taken is delivered', () => {
  const healthy = { failingSince: null, failures: 0 };
  expect(decideNext({ status: 204, cause: null }, delivery, when(0, healthy))).toEqual({ move: 'delivered' });
  expect(decideNext({ status: 204, cause: null }, delivery, { ...when(0, healthy), isEnabled: false })).toEqual({
    move: 'delivered',
  });
});

test('what was not is tried again after ever longer pauses, each a little longer than it is to be', () => {
  expect(decideNext(refused, delivery, when(0, failing(0, 1)))).toEqual({ move: 'retry', pauseMs: 5_000 });
  const second = { ...delivery, attempt: 1, firstFailedAt: at(0), lastFailedAt: at(0) };
  const later = { ...when(5_000, failing(0, 2)), random: 1 };
  expect(decideNext(refused, second, later)).toEqual({ move: 'retry', pauseMs: 330_000 });
});

const last = { ...delivery, attempt: 2, firstFailedAt: at(0), lastFailedAt: at(5_000) };

test('after the last one it is given up where another one was taken since its previous attempt', () => {
  expect(decideNext(refused, last, when(WHOLE, failing(WHOLE, 1)))).toEqual({ move: 'failed' });
  expect(decideNext(refused, last, when(WHOLE, failing(5_001, 40)))).toEqual({ move: 'failed' });
});

test('where none was, the receiver may be the trouble: it is tried on until that is known', () => {
  const more = { move: 'retry', pauseMs: 300_000 };
  expect(decideNext(refused, last, when(WHOLE, failing(5_000, 2)))).toEqual(more);
  expect(decideNext(refused, { ...last, attempt: 9 }, when(2 * WHOLE, failing(WHOLE + 1, 9)))).toMatchObject({
    move: 'failed',
  });
});

test('it is neither given up nor its webhook disabled before the time of all pauses is over, however often it was tried', () => {
  const often = { ...last, attempt: 30 };
  expect(decideNext(refused, often, when(WHOLE - 1, failing(5_001, 40)))).toMatchObject({ move: 'retry' });
  expect(decideNext(refused, often, when(WHOLE - 1, failing(0, 40)))).toMatchObject({ move: 'retry' });
});

test('nor before so many attempts, however late they come, as while no worker runs', () => {
  const second = { ...delivery, attempt: 1, firstFailedAt: at(0), lastFailedAt: at(0) };
  expect(decideNext(refused, second, when(9 * WHOLE, failing(0, 2)))).toMatchObject({ move: 'retry' });
  expect(decideNext(refused, second, when(9 * WHOLE, failing(9 * WHOLE, 1)))).toMatchObject({ move: 'retry' });
});

test('where nothing was taken for as long, its webhook is disabled', () => {
  expect(decideNext(refused, last, when(WHOLE, failing(0, 3)))).toEqual({ move: 'disable', reason: 'failing' });
});

test('an outage that begins between two failures gives up nothing: the webhook is disabled when it has lasted as long', () => {
  // A fails, B is taken, the receiver dies, C fails; then A and C are tried again until the end.
  let health: Health = { failingSince: null, failures: 0 };
  health = healthAfter(health, false, at(0));
  health = healthAfter(health, true, at(1_000));
  health = healthAfter(health, false, at(2_000));
  const a = { ...delivery, attempt: 1, firstFailedAt: at(0), lastFailedAt: at(0) };
  health = healthAfter(health, false, at(5_000));
  expect(decideNext(refused, a, when(5_000, health))).toEqual({ move: 'retry', pauseMs: 300_000 });
  health = healthAfter(health, false, at(7_000));
  health = healthAfter(health, false, at(WHOLE));
  const aLast = { ...a, attempt: 2, lastFailedAt: at(5_000) };
  expect(decideNext(refused, aLast, when(WHOLE, health))).toEqual({ move: 'retry', pauseMs: 300_000 });
  health = healthAfter(health, false, at(WHOLE + 2_000));
  const cLast = { ...delivery, attempt: 2, firstFailedAt: at(2_000), lastFailedAt: at(7_000) };
  expect(decideNext(refused, cLast, when(WHOLE + 2_000, health))).toEqual({ move: 'disable', reason: 'failing' });
});

test('a receiver that says it is gone is believed at once; a ping is tried once and disables nothing', () => {
  const gone = { status: 410, cause: 'answered 410' };
  const ping = { ...delivery, isPing: true };
  expect(decideNext(gone, delivery, when(0, failing(0, 1)))).toEqual({ move: 'disable', reason: 'gone' });
  expect(decideNext(gone, ping, when(0, failing(0, 1)))).toEqual({ move: 'failed' });
  expect(decideNext(refused, ping, when(WHOLE, failing(0, 9)))).toEqual({ move: 'failed' });
});

test('what fails while its webhook is disabled waits, as if it had not been sent', () => {
  const disabled = { ...when(WHOLE, failing(0, 3)), isEnabled: false };
  expect(decideNext(refused, last, disabled)).toEqual({ move: 'wait' });
  expect(decideNext({ status: 410, cause: 'answered 410' }, last, disabled)).toEqual({ move: 'wait' });
});
