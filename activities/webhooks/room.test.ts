import { mayRetryEarly, roomForFirsts, roomForPings, roomForRetries } from './room';

const up = { firsts: 0, retries: 0, pings: 0, isDown: false, isProbeDue: true };
const down = { ...up, isDown: true };

test('so many are sent at a time to one receiver, first attempts and later ones together', () => {
  expect(roomForFirsts(up)).toBe(20);
  expect(roomForFirsts({ ...up, firsts: 12, retries: 5 })).toBe(3);
  expect(roomForFirsts({ ...up, firsts: 15, retries: 5 })).toBe(0);
  expect(roomForRetries({ ...up, firsts: 15 })).toBe(5);
  expect(roomForRetries({ ...up, firsts: 20 })).toBe(0);
});

test('retries, however many are due, leave half of it to others', () => {
  expect(roomForRetries(up)).toBe(10);
  expect(roomForRetries({ ...up, retries: 10 })).toBe(0);
  expect(roomForFirsts({ ...up, retries: 10 })).toBe(10);
});

test('a receiver that is down is sent one retry at a time, and now and then one first attempt beside it', () => {
  expect(roomForRetries(down)).toBe(1);
  expect(roomForRetries({ ...down, retries: 1 })).toBe(0);
  expect(roomForRetries({ ...down, retries: 9 })).toBe(0);
  expect(roomForFirsts({ ...down, retries: 1 })).toBe(1);
  expect(roomForFirsts({ ...down, firsts: 1 })).toBe(0);
  expect(roomForFirsts({ ...down, isProbeDue: false })).toBe(0);
});

test('pings go two at a time, whatever else is under way, to one that is down as well', () => {
  expect(roomForPings(up)).toBe(2);
  expect(roomForPings({ ...down, firsts: 20, pings: 1 })).toBe(1);
  expect(roomForPings({ ...up, pings: 160 })).toBe(0);
});

test('where there is nothing else to find out by whether it is back, a retry goes early', () => {
  expect(mayRetryEarly(down)).toBe(true);
  expect(mayRetryEarly({ ...down, firsts: 1 })).toBe(false);
  expect(mayRetryEarly({ ...down, retries: 1 })).toBe(false);
  expect(mayRetryEarly({ ...down, isProbeDue: false })).toBe(false);
  expect(mayRetryEarly(up)).toBe(false);
});
