import { invocationOf, pastable } from './invocation';

test.each([
  ['npm run -s freeflow --', {}],
  ['pnpm freeflow', { npm_config_user_agent: 'pnpm/12.21.0 npm/? node/v24.21.0' }],
  ['freeflow', { FREEFLOW_CALLED_AS: 'freeflow' }],
  ['FREEFLOW_STACK_DIR=/tmp/x pnpm freeflow', { npm_config_user_agent: 'pnpm/12', FREEFLOW_STACK_DIR: '/tmp/x' }],
])('commands are printed as `%s`', (expected, env) => {
  expect(invocationOf(env)).toBe(expected);
  expect(pastable('Try freeflow tenants stuck.', invocationOf(env))).toBe(`Try ${expected} tenants stuck.`);
});
