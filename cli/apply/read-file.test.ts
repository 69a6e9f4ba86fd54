import { Failure } from '../failure';
import { parseTenants, readTenantsFile } from './read-file';

const said = (text: string): string[] => {
  try {
    return [`read: ${JSON.stringify(parseTenants(text, 'tenants.yaml'))}`];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(error.exitCode).toBe(2);
    return error.message.split('\n');
  }
};

test('everything a tenant can have is read, in the order of the file', () => {
  const text = `# yaml-language-server: $schema=x
tenants:
  - name: acme
    displayName: "Acme Inc."
    externalId: crm-4711
    labels: &gold { tier: gold }
    deletionProtected: true
  - name: "007"
    displayName: null
    labels: *gold
    suspended: false
`;
  expect(parseTenants(text, 'x')).toEqual([
    {
      name: 'acme',
      displayName: 'Acme Inc.',
      externalId: 'crm-4711',
      labels: { tier: 'gold' },
      deletionProtected: true,
    },
    { name: '007', displayName: null, labels: { tier: 'gold' }, suspended: false },
  ]);
  expect(parseTenants('{"tenants":[]}', 'x')).toEqual([]);
});

const one = (more: string) => `tenants:\n  - name: acme\n    ${more}\n`;
const nested = Array.from(
  { length: 7 },
  (_, at) => `  a${at}: &a${at} [${Array.from({ length: 10 }, () => (at === 0 ? 'x' : `*a${at - 1}`)).join()}]`,
);
test.each<[what: string, text: string, said: (string | RegExp)[]]>([
  ['a field that is not known', one('quota: 1'), ['tenants.yaml:3:5: tenants[0].quota: is not a known field']],
  ['a field beside the tenants', 'version: 1\ntenants: []', ['tenants.yaml:1:1: version: is not a known field']],
  [
    'two mistakes at once',
    one('labels: { tier: 1 }\n    suspended: yes'),
    [
      'tenants.yaml:3:15: tenants[0].labels.tier: must be text; numbers, true, false and null are text in quotes only',
      'tenants.yaml:4:5: tenants[0].suspended: must be true or false',
    ],
  ],
  ['a name that is a number', 'tenants:\n  - name: 4711', [/^tenants\.yaml:2:5: tenants\[0\]\.name: must be text/]],
  ['a name that is not allowed', 'tenants: [{ name: Acme }]', [/^tenants\.yaml:1:13: .*must be 3 to 30 characters/]],
  ['a name that is reserved', 'tenants: [{ name: master }]', [/is reserved/]],
  ['no name', 'tenants:\n  - suspended: true', ['tenants.yaml:2:5: tenants[0].name: is missing']],
  [
    'a label whose key is none',
    one('labels: { "a b": x }'),
    [/^tenants\.yaml:3:15: tenants\[0\]\.labels\.a b: must be 1 to 63/],
  ],
  ['a hidden character', one('displayName: "a\\u202eb"'), [/^tenants\.yaml:3:5: .*invisible characters/]],
  ['nothing', '', [/^tenants\.yaml:1:1: the file: must be fields/]],
  ['a list', '- acme', [/^tenants\.yaml:1:1: the file: must be fields/]],
  [
    'a name twice',
    'tenants:\n  - name: acme\n  - name: globex\n  - name: acme',
    ['tenants.yaml:4:5: tenants[2].name: acme is in line 2 already'],
  ],
  [
    'an external id twice',
    'tenants:\n- { name: acme, externalId: crm }\n- { name: globex, externalId: crm }',
    ['tenants.yaml:3:19: tenants[1].externalId: crm is in line 2 already'],
  ],
  ['a field twice', one('suspended: true\n    suspended: false'), [/^tenants\.yaml:4:5: Map keys must be unique/]],
  ['no YAML', 'tenants: [', [/^tenants\.yaml:1:11: /]],
  ['a tag of its own', one('displayName: !env HOME'), [/^tenants\.yaml:3:18: Unresolved tag: !env/]],
  ['a tag of YAML 1.1', one('displayName: !!binary aGk='), [/^tenants\.yaml:3:18: Unresolved tag/]],
  ['two documents', 'tenants: []\n---\ntenants: []', [/multiple documents/]],
  ['aliases that grow', `x:\n${nested.join('\n')}\n  b: *a6\ntenants: []`, [/Excessive alias count/]],
  [
    'a mistake behind an alias',
    'tenants:\n  - &x { name: 1 }\n  - *x',
    [/^tenants\.yaml:2:10:/, /^tenants\.yaml:3:5:/],
  ],
])('%s is refused with file, line and column', (_what, text, expected) => {
  const lines = said(text);
  const isSaid = (it: string | RegExp, at: number) =>
    typeof it === 'string' ? it === lines[at] : it.test(lines[at] ?? '');
  expect({ lines, isSaid: expected.map(isSaid) }).toEqual({ lines, isSaid: lines.map(() => true) });
});

test('a value is never repeated: it might be a secret in the wrong place', () => {
  expect(said(one('password: hunter22')).join()).not.toContain('hunter22');
  expect(said(one('labels: { "a b": hunter22 }')).join()).not.toContain('hunter22');
});

test('a file that is not there is named', () => {
  expect(() => readTenantsFile('/nonexistent.yaml')).toThrow("/nonexistent.yaml can't be read.");
});
