import { calledBackSince, healthAfter, isDown, isProbeDue, type Health } from './health';

const MINUTE = 60_000;
const START = Date.parse('2026-11-27T10:00:00Z');
const at = (ms: number) => new Date(START + ms);
const HEALTHY: Health = { failingSince: null, failures: 0 };
/** After so many failures in a row, a second apart. */
const failed = (count: number): Health =>
  Array.from({ length: count }, (_, second) => at(second * 1_000)).reduce(
    (health, now) => healthAfter(health, false, now),
    HEALTHY,
  );

test('a receiver fails from the first failure after it has taken something, until it takes something', () => {
  const failing = healthAfter(healthAfter(HEALTHY, false, at(0)), false, at(9));
  expect(failing).toEqual({ failingSince: at(0), failures: 2 });
  expect(healthAfter(failing, true, at(10))).toEqual(HEALTHY);
  // Enabled again: what was counted before is of no meaning.
  expect(healthAfter({ failingSince: null, failures: 25 }, false, at(11))).toEqual({
    failingSince: at(11),
    failures: 1,
  });
});

test('it is taken to be down after 20 failures in a row, and by one that it takes it is not', () => {
  expect(isDown(failed(19))).toBe(false);
  expect(isDown(failed(20))).toBe(true);
  expect(isDown(healthAfter(failed(40), true, at(MINUTE)))).toBe(false);
  expect(isDown({ failingSince: null, failures: 40 })).toBe(false);
});

test('one that is down is tried once a minute with what was not to go yet', () => {
  expect(isProbeDue(null, at(0))).toBe(true);
  expect(isProbeDue(at(0), at(MINUTE - 1))).toBe(false);
  expect(isProbeDue(at(0), at(MINUTE))).toBe(true);
});

test('when it takes an event again, what has failed first in the outage, or just before it, is called back', () => {
  const health = failed(30);
  expect(calledBackSince(health, at(36 * 60 * MINUTE))).toEqual(at(-5 * MINUTE));
  expect(calledBackSince(health, at(4 * MINUTE))).toBeUndefined();
  expect(calledBackSince(HEALTHY, at(0))).toBeUndefined();
});

test('a tenant whose events are not taken is called back once at most, however often others are taken', () => {
  let health = HEALTHY;
  let calledBack = 0;
  // It fails each time, and six minutes later another one is taken.
  for (let minute = 0; minute < 600; minute += 6) {
    health = healthAfter(health, false, at(minute * MINUTE));
    const now = at((minute + 6) * MINUTE);
    const since = calledBackSince(health, now);
    if (since !== undefined && since <= at(0)) calledBack += 1;
    health = healthAfter(health, true, now);
  }
  expect(calledBack).toBe(1);
});
