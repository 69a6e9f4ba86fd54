import { decide, findTenantRequest, TENANT_REQUEST_NAMES } from '../operation-requests';
import { touchesBackends } from './derived';
import { OPERATION_KINDS } from './kinds';
import type { OperationRow } from './row';
import type { ContradictionIn } from './soundness';
import type { OperationTable } from './table';

/** Compiles where the second is exactly what the compiler would say of the first. */
type Says<Row extends OperationRow, Sentence extends string> = [ContradictionIn<Row>] extends [Sentence]
  ? [Sentence] extends [ContradictionIn<Row>]
    ? true
    : never
  : never;
type Resume = OperationTable['resume'];
type With<Change> = Omit<Resume, keyof Change> & Change;

test('a row that contradicts itself does not compile, and the compiler reports why', () => {
  const sentences: [
    Says<
      With<{
        touches: 'records';
        from: ['active'];
        forward: [];
        changesAccess: 'unchanged';
        undo: null;
        requests: Record<string, never>;
      }>,
      'active leads to itself and touches no backend: it would report done and do nothing'
    >,
    Says<
      With<{ from: ['active'] }>,
      | 'active has the access already that the operation gives'
      | 'suspended is accepted by a request and is not in from: its run would refuse it'
    >,
    Says<
      With<{ goals: ['active', 'suspended'] }>,
      'suspended leads to itself without access to give: it would report done and do nothing'
    >,
    Says<With<{ changesAccess: 'takes' }>, 'active is a goal of an operation that takes access'>,
    Says<With<{ from: ['deleted'] }>, 'suspended is accepted by a request and is not in from: its run would refuse it'>,
    Says<Resume, never>,
  ] = [true, true, true, true, true, true];
  expect(sentences).toHaveLength(6);
});

test.each([
  ['suspend', 'active', 'suspended', true],
  ['soft_delete', 'active', 'deleted', true],
  ['soft_delete', 'suspended', 'deleted', false],
  ['restore', 'deleted', 'active', true],
  ['restore', 'deleted', 'suspended', false],
  ['create', 'provisioning', 'active', true],
  ['hard_delete', 'suspended', 'gone', true],
  ['purge', 'deleted', 'gone', true],
] as const)('%s from %s to %s touches the backends: %s', (kind, from, goal, expected) => {
  expect(touchesBackends(kind, from, goal)).toBe(expected);
});

test.each([
  [{ mode: 'soft', force: 'false' }, 'soft_delete'],
  [{ mode: 'soft', force: 'true' }, 'soft_delete'],
  [{ mode: 'hard', force: 'false' }, 'hard_delete'],
  [{ mode: 'hard', force: 'true' }, 'hard_delete_forced'],
])('DELETE with %j asks for %s', (query, name) => {
  expect(findTenantRequest('DELETE', '/tenants/:id', query)).toBe(name);
});

test('while an operation is in progress, only the forced deletion and the adoption go on beside it, and beside a rotation what cuts off', () => {
  const others = OPERATION_KINDS.filter((kind) => kind !== 'adopt');
  const accepted = TENANT_REQUEST_NAMES.flatMap((name) =>
    others.filter((kind) => decide(name, 'active', kind) === 'accept').map((kind) => `${name} beside ${kind}`),
  );
  const interrupted = others.filter((kind) => kind !== 'hard_delete' && kind !== 'purge');
  expect(accepted.sort()).toEqual(
    [
      ...interrupted.map((kind) => `hard_delete_forced beside ${kind}`),
      ...others.map((kind) => `adopt beside ${kind}`),
      ...['suspend', 'soft_delete'].flatMap((name) => ['rotate', 'retire'].map((kind) => `${name} beside ${kind}`)),
    ].sort(),
  );
});
