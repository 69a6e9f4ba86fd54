import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import { BLUEPRINT_FORMS } from '../registry';
import { BlueprintError, problemText } from './errors';
import { readBlueprint } from './read-folder';

const EXAMPLE = path.join(projectRoot(), 'deploy', 'blueprint');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'freeflow-blueprint-'));
  cpSync(EXAMPLE, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: string) => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), content);
};
const read = () => readBlueprint(folder, BLUEPRINT_FORMS);

/** What is wrong with the folder, a line each. */
const problems = (): Promise<string[]> =>
  read().then(
    () => [],
    (error: unknown) => {
      if (!(error instanceof BlueprintError)) throw error;
      return error.problems.map(problemText);
    },
  );

test('the example that is shipped is in order, and read in the order of its paths', async () => {
  const { version, files } = await read();
  expect(version).toBe(1);
  expect(files.map((it) => it.path)).toEqual([
    'keycloak.json',
    'mongodb/documents.json',
    'postgres/001-members.sql',
    'postgres/002-members-joined.sql',
    'postgres/extensions.json',
    'qdrant.json',
  ]);
});

test('its checksum is that of its files alone: line ends, and what people read, are no difference', async () => {
  const before = (await read()).checksum;
  write('README.md', 'Other words.');
  write('postgres/001-members.sql', (await read()).files[2]?.content.replaceAll('\n', '\r\n') ?? '');
  expect((await read()).checksum).toBe(before);
  write('postgres/001-members.sql', 'CREATE TABLE other ();');
  expect((await read()).checksum).not.toBe(before);
});

test('a folder as Kubernetes mounts it, of links into another one, is read', async () => {
  const mounted = path.join(folder, 'mounted');
  mkdirSync(path.join(mounted, '..data', 'postgres'), { recursive: true });
  writeFileSync(path.join(mounted, '..data', 'blueprint.json'), '{"version": 3}');
  writeFileSync(path.join(mounted, '..data', 'postgres', '1.sql'), 'SELECT 1;');
  for (const it of ['blueprint.json', 'postgres']) symlinkSync(path.join('..data', it), path.join(mounted, it));
  const { files, version } = await readBlueprint(mounted, BLUEPRINT_FORMS);
  expect([version, files.map((it) => it.path)]).toEqual([3, ['postgres/1.sql']]);
});

test.each([
  ['no file of a backend', 'notes.txt', 'x', [/^notes\.txt: is no file of a blueprint; those are blueprint\.json, /]],
  ['no version', 'blueprint.json', '{\n "description": "x" }', [/^blueprint\.json:1: version: is missing$/]],
  ['no JSON', 'qdrant.json', '{\n  "vectors": {\n', [/^qdrant\.json:\d+: /]],
  ['YAML that is no JSON', 'qdrant.json', 'vectors: {}', [/^qdrant\.json:1: /]],
  ['an unknown field', 'qdrant.json', '{\n\n "vector": {} }', [/^qdrant\.json:3: vector: is not a known field$/]],
  [
    'another type of an index',
    'qdrant.json',
    '{ "payloadIndexes": [\n { "field": "a",\n "type": "key" } ] }',
    [/^qdrant\.json:3: payloadIndexes\[0\]\.type: /],
  ],
  ['a collection of the server', 'mongodb/system.users.json', '{}', [/^mongodb\/system\.users\.json: is no file/]],
  [
    'an index without fields',
    'mongodb/a.json',
    '{ "indexes": [\n { "key": {} } ] }',
    [/^mongodb\/a\.json:2: indexes\[0\]\.key: must name a field$/],
  ],
  [
    'a client of every realm',
    'keycloak.json',
    '{ "clients": [\n{ "clientId": "freeflow-app" }] }',
    [/^keycloak\.json:2: /],
  ],
  [
    'a script as a mapper',
    'keycloak.json',
    '{ "clientScopes": [{ "name": "a", "protocolMappers": [\n\n{ "name": "m", "protocolMapper": "script-x.js", "config": {} }] }] }',
    [/^keycloak\.json:3: /],
  ],
  [
    'a secret in a file',
    'keycloak.json',
    '{ "smtp": { "host": "h", "from": "a@b", "user": "u",\n"password": "s3cret" } }',
    [/^keycloak\.json:2: smtp\.password: must be fields/],
  ],
  [
    'no SQL',
    'postgres/003.sql',
    'SELECT 1;\n\nSELEKT 2;\n',
    [/^postgres\/003\.sql:3: syntax error at or near "SELEKT"$/],
  ],
  ['nothing', 'postgres/003.sql', '-- nothing yet\n', [/^postgres\/003\.sql: holds no statement$/]],
  [
    'the end of a transaction',
    'postgres/003.sql',
    'SELECT 1;\n-- and\nCOMMIT;\n',
    [/^postgres\/003\.sql:3: begins or ends a transaction/],
  ],
  [
    'another role',
    'postgres/003.sql',
    "SELECT 'ä';\nRESET ROLE; SET ROLE x",
    [/^postgres\/003\.sql:2: sets role/, /^postgres\/003\.sql:2: sets role/],
  ],
  ['no time-out', 'postgres/003.sql', 'SET LOCAL statement_timeout = 0', [/:1: sets statement_timeout/]],
  [
    'an extension',
    'postgres/003.sql',
    'CREATE EXTENSION pgcrypto',
    [/:1: creates an extension: name it in postgres\/extensions\.json$/],
  ],
  ['a role', 'postgres/003.sql', 'ALTER ROLE x LOGIN', [/:1: changes roles/]],
  ['a way in for others', 'postgres/003.sql', 'GRANT CONNECT ON DATABASE a TO PUBLIC', [/:1: changes who may enter/]],
  ['rows that nobody sends', 'postgres/003.sql', 'COPY members FROM STDIN', [/:1: copies from/]],
  [
    'what needs no transaction',
    'postgres/003.sql',
    'SELECT 1;\nCREATE INDEX CONCURRENTLY i ON a (b);',
    [/:2: can't be in a transaction/],
  ],
  [
    'what can not be repeated',
    'postgres/003.sql',
    '-- freeflow: no transaction\nCREATE INDEX CONCURRENTLY i ON a (b);',
    [/:2: must be one that can be repeated/],
  ],
  [
    'two without a transaction',
    'postgres/003.sql',
    '-- freeflow: no transaction\nVACUUM;\nVACUUM;',
    [/:3: is a second statement/],
  ],
] as const)('%s is refused, by file and line', async (_, name, content, expected) => {
  write(name, content);
  const found = await problems();
  expect(found).toHaveLength(expected.length);
  for (const [at, it] of expected.entries()) expect(found[at]).toMatch(it);
});

test('all that is wrong is named at once, and a folder that is not there too', async () => {
  write('a.txt', '');
  write('postgres/003.sql', 'SELEKT');
  expect(await problems()).toHaveLength(2);
  await expect(readBlueprint(path.join(folder, 'none'), BLUEPRINT_FORMS)).rejects.toThrow(/can't be read \(ENOENT\)/);
});
