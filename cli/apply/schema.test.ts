import { tenantsFileJsonSchema } from '@freeflow/contract/http';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { parseTenants } from './read-file';

const isValidFor = new Ajv({ strict: false, unicodeRegExp: true }).compile(tenantsFileJsonSchema());

function isRead(text: string): boolean {
  try {
    parseTenants(text, 'tenants.yaml');
    return true;
  } catch {
    return false;
  }
}

test.each([
  ['tenants: []', true],
  ['tenants: [{ name: acme }]', true],
  ['tenants: [{ name: acme, displayName: Acme, externalId: crm, labels: { a/b: "" }, suspended: true }]', true],
  ['tenants: [{ name: acme, displayName: null, externalId: null, deletionProtected: false }]', true],
  ['{}', false],
  ['tenants: [{}]', false],
  ['tenants: [{ name: Acme }]', false],
  ['tenants: [{ name: ab }]', false],
  ['tenants: [{ name: acme, plan: pro }, { name: globex, plan: null }]', true],
  ['tenants: [{ name: acme, plan: Pro }]', false],
  ['tenants: [{ name: acme, quota: 1 }]', false],
  ['tenants: [{ name: acme }]\nmore: 1', false],
  ['tenants: [{ name: acme, suspended: "true" }]', false],
  ['tenants: [{ name: acme, deletionProtected: null }]', false],
  ['tenants: [{ name: acme, labels: { " ": x } }]', false],
  ['tenants: [{ name: acme, labels: { a: 1 } }]', false],
  [`tenants: [{ name: acme, labels: { a: ${'x'.repeat(101)} } }]`, false],
  [`tenants: [{ name: acme, displayName: ${'x'.repeat(201)} }]`, false],
  [`tenants: [{ name: acme, displayName: "a\\u202eb" }]`, false],
  ['tenants: [{ name: acme, externalId: "a b" }]', false],
])('editors are told the same as apply: %s', (text, isRight) => {
  expect({ editor: isValidFor(parse(text)), apply: isRead(text) }).toEqual({ editor: isRight, apply: isRight });
});

test('what no schema can say, apply refuses alone', () => {
  for (const text of ['tenants: [{ name: master }]', 'tenants: [{ name: acme }, { name: acme }]'])
    expect({ editor: isValidFor(parse(text)), apply: isRead(text) }).toEqual({ editor: true, apply: false });
});
