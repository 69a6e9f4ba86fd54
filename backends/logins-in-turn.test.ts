import { loginOf, nextVersion } from './logins-in-turn';

const LATER = ['a', 'b', 'c'];
const login = (version: number) => loginOf(version, 'first', LATER);

test('the next version is above all that there ever were, and its login is none of those that are there', () => {
  for (let last = 1; last < 12; last++)
    for (let present = 1; present <= last; present++)
      for (let before = 1; before < present; before++) {
        const next = nextVersion(last, [present, before]) ?? 0;
        expect(next).toBeGreaterThan(last);
        expect([login(present), login(before)]).not.toContain(login(next));
      }
});

test('one that was withdrawn leaves a gap, and where all logins are taken there is none', () => {
  expect(nextVersion(1, [1])).toBe(2);
  // The third was withdrawn; the fifth has the login of the second.
  expect(nextVersion(3, [2])).toBe(4);
  expect(nextVersion(4, [2])).toBe(6);
  expect(nextVersion(4, [2, 3, 4])).toBeUndefined();
});
