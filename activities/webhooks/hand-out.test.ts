import { roomOf } from './hand-out';

const none = { sending: 0, open: 0, isFailing: false };

test('so many are sent at a time to one receiver, and no more than so many are tried again beside them', () => {
  expect(roomOf(none)).toBe(20);
  expect(roomOf({ ...none, sending: 15, open: 15 })).toBe(5);
  expect(roomOf({ ...none, sending: 20, open: 100 })).toBe(0);
  expect(roomOf({ ...none, open: 195 })).toBe(5);
  expect(roomOf({ ...none, open: 200 })).toBe(0);
});

test('a receiver that fails gets one more at a time once enough are tried again, so that it is seen when it takes any', () => {
  expect(roomOf({ ...none, isFailing: true })).toBe(20);
  expect(roomOf({ sending: 0, open: 20, isFailing: true })).toBe(1);
  expect(roomOf({ sending: 1, open: 21, isFailing: true })).toBe(0);
});
