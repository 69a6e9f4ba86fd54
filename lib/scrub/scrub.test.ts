import { scrub } from './index';

test.each([
  ['raw', 'login failed for s3cret-value!'],
  ['base64', `header ${Buffer.from('s3cret-value!').toString('base64')}`],
  ['URL-encoded', `at ${encodeURIComponent('s3cret-value!')}`],
])('a known secret is taken out in %s form', (_, text) => {
  const clean = scrub(text, ['s3cret-value!']);
  expect(clean).toContain('***');
  expect(clean).not.toMatch(/s3cret|czNjcmV0/);
});

test.each([
  ['postgres://admin:hunter22@db:5432/x refused', 'postgres://admin:***@db:5432/x refused'],
  ['password=hunter22 host=db', 'password=*** host=db'],
  ['{"client_secret":"hunter22","x":1}', '{"client_secret":"***","x":1}'],
])('credentials that we were not told of are taken out: %s', (text, clean) => {
  expect(scrub(text)).toBe(clean);
});

test('ordinary words stay', () => {
  expect(scrub('database freeflow_acme exists and belongs to bob', ['x'])).toBe(
    'database freeflow_acme exists and belongs to bob',
  );
});
