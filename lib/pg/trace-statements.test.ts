import { nameOf } from './trace-statements';

test.each([
  [`ALTER ROLE "acme" PASSWORD 'hidden'`, 'ALTER ROLE'],
  [`SELECT set_config('x', 'hidden', false)`, 'SELECT'],
  [`INSERT INTO "Tenant" VALUES ('hidden')`, 'INSERT INTO'],
  [`SELECT HIDDEN_FUNCTION('x')`, 'SELECT'],
  ['COMMIT', 'COMMIT'],
  [`'hidden'`, 'statement'],
])('of a statement its first words are shown, and nothing that is in it: %s', (text, name) => {
  expect(nameOf(text)).toBe(name);
});
