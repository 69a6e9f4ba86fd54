import { EXAMPLES, type TenantBody } from '@freeflow/contract/http';
import { possibilitiesOf } from './possible';

const NOW = new Date('2026-11-28T00:00:00Z');
const active = structuredClone<TenantBody>(EXAMPLES.tenantDetail as unknown as TenantBody);
const open = { ...structuredClone<TenantBody>(EXAMPLES.tenant as unknown as TenantBody).operation, state: 'running' };

const of = (changes: Partial<TenantBody>): Record<string, string | null | undefined> =>
  Object.fromEntries(
    possibilitiesOf({ ...active, ...changes }, NOW).map(({ name, request, reason }) => [name, reason ?? request]),
  );

test('an active tenant can be suspended and deleted, for good by force alone', () => {
  expect(of({})).toEqual({
    suspend: 'suspend',
    resume: 'It is so already',
    rotate: 'rotate',
    soft_delete: 'soft_delete',
    restore: 'It is so already',
    hard_delete: 'hard_delete_forced',
  });
});

test('a suspended one is deleted for good without force', () => {
  expect(of({ status: 'suspended' })).toMatchObject({
    resume: 'resume',
    rotate: 'The tenant is suspended: its credentials are refused already',
    hard_delete: 'hard_delete',
  });
});

test('protection refuses every deletion, a hold what drops data, and one that is over nothing', () => {
  const isProtected = 'The tenant is protected from deletion';
  expect(of({ deletionProtected: true })).toMatchObject({ soft_delete: isProtected, hard_delete: isProtected });
  expect(of({ holdUntil: '2026-11-29T00:00:00.000Z' })).toMatchObject({
    soft_delete: 'soft_delete',
    hard_delete: 'The tenant is on hold: its data is kept until the hold ends',
  });
  expect(of({ holdUntil: '2026-11-27T00:00:00.000Z' })).toMatchObject({ hard_delete: 'hard_delete_forced' });
});

test('beside an operation in progress only a forced deletion begins', () => {
  const busy = 'Another operation on this tenant is in progress';
  expect(of({ status: 'provisioning', operation: open as TenantBody['operation'] })).toEqual({
    suspend: busy,
    resume: busy,
    rotate: busy,
    soft_delete: busy,
    restore: busy,
    hard_delete: 'hard_delete_forced',
  });
});

test('of one that is gone nothing is possible, of one that is registered only its removal', () => {
  expect(Object.values(of({ goneAt: '2026-11-27T00:00:00.000Z' }))).toEqual(Array(6).fill('It is gone'));
  expect(of({ operation: null })['hard_delete']).toBe('hard_delete_forced');
});
