import { commandAdviceOn, PROBLEMS } from './problems';
import { commandAdviceOnStuck, STUCK_REASONS } from './stuck';

const REQUESTS = /\b(GET|POST|PUT|PATCH|DELETE)\b|[?&]\w+=|\w+=(true|hard|soft)|errors\[\]|\/tenants|\/docs/;

test.each(Object.keys(PROBLEMS))('%s: what the command line advises speaks of commands, not of requests', (code) => {
  expect(commandAdviceOn(code)).not.toMatch(REQUESTS);
});

test.each(STUCK_REASONS)('stuck because %s: the same', (why) => {
  expect(commandAdviceOnStuck(why)).not.toMatch(REQUESTS);
});

test('a code of a newer API has no advice here', () => {
  expect(commandAdviceOn('toString')).toBeUndefined();
});
