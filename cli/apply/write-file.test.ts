import type { OperationBody, TenantBody } from '@freeflow/contract/http';
import { planTenants } from './plan';
import { parseTenants } from './read-file';
import { entriesOf, fileOf, isExported, isUnsettled } from './write-file';

const tenant = (name: string, more: Partial<TenantBody> = {}) =>
  ({
    name,
    status: 'active',
    displayName: null,
    externalId: null,
    labels: {},
    plan: null,
    deletionProtected: false,
    operation: { state: 'done', kind: 'create' },
    ...more,
  }) as TenantBody;

const TENANTS = [
  tenant('stark', { status: 'suspended', plan: 'pro', deletionProtected: true }),
  tenant('007', { displayName: 'true', externalId: '1e5', labels: { null: '~', a: '', 'b/c': '# no comment: "x"' } }),
  tenant('acme', { displayName: "  it's: [a] {b} \u200d ü 🙂 ".trim(), labels: { z: 'yes', a: '2026-11-28' } }),
];

test('whatever a text is, it is read as it was written: applied again, nothing is to be done', () => {
  const text = fileOf(entriesOf(TENANTS), 'http://api/schemas/tenants.json');
  const plan = planTenants(parseTenants(text, 'x'), TENANTS, { labels: [] }, new Date());
  expect(plan.map(({ action }) => action)).toEqual(['unchanged', 'unchanged', 'unchanged']);
});

test('the file names its schema, has one order and nothing that is not set', () => {
  expect(fileOf(entriesOf(TENANTS.slice(0, 2)), 'http://api/schemas/tenants.json'))
    .toBe(`# yaml-language-server: $schema=http://api/schemas/tenants.json
tenants:
  - name: "007"
    displayName: "true"
    externalId: "1e5"
    labels:
      a: ""
      b/c: '# no comment: "x"'
      "null": "~"
  - name: stark
    plan: pro
    deletionProtected: true
    suspended: true
`);
  expect(fileOf([], 'x')).toContain('tenants: []');
});

describe('a tenant in an operation, or after one that has failed', () => {
  type Status = TenantBody['status'];
  const of = (status: Status, kind: OperationBody['kind'], state: OperationBody['state']) =>
    tenant('acme', { status, operation: { id: 'op', kind, state, parked: [] } as unknown as OperationBody });

  test.each<[string, TenantBody]>([
    ['soft-deleted', of('deleted', 'soft_delete', 'done')],
    ['being soft-deleted', of('active', 'soft_delete', 'running')],
    ['its soft delete is parked', of('suspended', 'soft_delete', 'parked')],
    ['being restored', of('deleted', 'restore', 'running')],
    ['half deleted', of('deleting', 'hard_delete', 'incomplete')],
    ['never completed', of('provisioning', 'create', 'incomplete')],
    ['its create is undone', of('provisioning', 'create', 'undoing')],
  ])('is left out: %s', (_what, it) => {
    expect([isExported(it), isUnsettled(it)]).toEqual([false, false]);
  });

  test.each<[string, TenantBody, string]>([
    ['being suspended', of('active', 'suspend', 'running'), 'unchanged'],
    ['being resumed', of('suspended', 'resume', 'running'), 'unchanged'],
    ['its resume is parked', of('suspended', 'resume', 'parked'), 'unchanged'],
    ['being created', of('provisioning', 'create', 'running'), 'change'],
    ['its create is parked', of('provisioning', 'create', 'parked'), 'blocked'],
  ])('is in the file, and told: %s', (_what, it, action) => {
    expect([isExported(it), isUnsettled(it)]).toEqual([true, true]);
    const plan = planTenants(parseTenants(fileOf(entriesOf([it]), 'x'), 'x'), [it], undefined, new Date());
    expect(plan.map((planned) => planned.action)).toEqual([action]);
  });
});
