import { pauseMsAfter, UNOPENED } from './postpone';

const unopened = (times: number) =>
  Array.from({ length: times }, () => ({ cause: `${UNOPENED} (secret-key-unknown)` }));

test('what a worker can not open is looked at again after ten seconds, then ever later, every ten minutes in the end', () => {
  expect([0, 1, 2, 3, 6, 19].map((times) => pauseMsAfter(unopened(times)) / 1_000)).toEqual([10, 20, 40, 80, 600, 600]);
});

test('once it was sent in between, it begins anew', () => {
  expect(pauseMsAfter([...unopened(5), { cause: 'answered 503' }])).toBe(10_000);
  expect(pauseMsAfter([...unopened(5), { cause: null }, ...unopened(1)])).toBe(20_000);
});
