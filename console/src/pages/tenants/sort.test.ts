import { EXAMPLES, type TenantBody } from '@freeflow/contract/http';
import { nextSort, sortOf, sortTenants } from './sort';

const tenant = (name: string, status: TenantBody['status']): TenantBody => ({
  ...structuredClone<TenantBody>(EXAMPLES.tenant as unknown as TenantBody),
  name,
  status,
});
const tenants = [tenant('beta', 'active'), tenant('alpha', 'suspended'), tenant('gamma', 'active')];
const names = (sort: Parameters<typeof sortTenants>[1]) => sortTenants(tenants, sort).map(({ name }) => name);

test.each([
  [undefined, ['beta', 'alpha', 'gamma']],
  ['name', ['alpha', 'beta', 'gamma']],
  ['-name', ['gamma', 'beta', 'alpha']],
  ['status', ['beta', 'gamma', 'alpha']],
  ['-status', ['alpha', 'beta', 'gamma']],
] as const)('a page of tenants by %s', (sort, expected) => {
  expect(names(sort)).toEqual(expected);
});

test('a click on a head sorts up, then down, then as it was; another head begins anew', () => {
  expect([nextSort(undefined, 'name'), nextSort('name', 'name'), nextSort('-name', 'name')]).toEqual([
    'name',
    '-name',
    undefined,
  ]);
  expect(nextSort('-name', 'status')).toBe('status');
  expect([sortOf('name', 'name'), sortOf('-name', 'name'), sortOf('name', 'status')]).toEqual([
    'ascending',
    'descending',
    'none',
  ]);
});
