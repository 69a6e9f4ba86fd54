import type { TenantBody } from '@freeflow/contract/http';
import { planTenants } from './plan';
import { parseTenants } from './read-file';
import { entriesOf, fileOf } from './write-file';

const tenant = (name: string, more: Partial<TenantBody> = {}) =>
  ({
    name,
    status: 'active',
    displayName: null,
    externalId: null,
    labels: {},
    deletionProtected: false,
    operation: { state: 'done', kind: 'create' },
    ...more,
  }) as TenantBody;

const TENANTS = [
  tenant('stark', { status: 'suspended', deletionProtected: true }),
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
    deletionProtected: true
    suspended: true
`);
  expect(fileOf([], 'x')).toContain('tenants: []');
});
