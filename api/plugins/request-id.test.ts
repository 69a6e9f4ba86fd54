import { requestIdOf } from './request-id';

const of = (given: string | string[] | undefined) => requestIdOf({ headers: { 'x-request-id': given } });
const NEW = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/;

test.each(['a', '0190b4c2-7c1d.retry_2', 'x'.repeat(64)])('the id of a caller is kept: %s', (id) => {
  expect(of(id)).toBe(id);
});

test.each([undefined, '', 'x'.repeat(65), 'two words', 'a\nb', 'a"b', '{}', '<b>', 'é', ['a', 'b']])(
  'in place of %p there is a new one',
  (id) => {
    expect(of(id)).toMatch(NEW);
    expect(of(id)).not.toBe(of(id));
  },
);
