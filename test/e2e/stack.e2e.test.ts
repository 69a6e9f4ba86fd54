import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { Connection } from '@temporalio/client';
import { z } from 'zod';
import { isFree } from '../../stack/ports';
import { isAlive } from '../../stack/processes';
import { readStackInfo } from '../../stack/stack-info';
import { asKeycloakAdmin, qdrantAsOwner, withMongo, withPostgres } from '../support/outside';
import {
  keepPorts,
  newStackDir,
  notedIn,
  outcome,
  processesIn,
  removeStackDirs,
  run,
  stack,
  type Program,
} from '../support/stack-bench';

const TITLES = ['PostgreSQL', 'MongoDB', 'Qdrant', 'Keycloak', 'Temporal'];

// One stack, started once and once again after it was killed: the tests go on where the one before has left it.
let dir: string;
let ports: number[];
let program: Program;
let info: StackInfo;

beforeAll(async () => {
  dir = newStackDir();
  ports = keepPorts(dir);
  program = stack('start', dir);
  await program.prints(/All servers are ready after \d+\.\d s/);
  info = readStackInfo(dir);
});
afterAll(() => removeStackDirs(dir));

test.each(TITLES)('the line of %s ends in ready, with version, port and seconds', (title) => {
  const lines = program
    .output()
    .split('\n')
    .filter((line) => line.startsWith(`${title} `));
  expect(lines.at(-1)).toMatch(/ ready {5}\d+\.\d+(\.\d+)?, port \d+, \d+\.\d s$/);
});

test('stack.json is for its owner alone and names all one reaches the stack by', () => {
  const file = path.join(dir, 'stack.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(path.join(dir, 'settings.json')).mode & 0o777).toBe(0o600);
  const text = expect.stringMatching(/./);
  const own = { clientId: text, clientSecret: text };
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    api: { url: expect.stringMatching(/^http:/) },
    temporal: { address: expect.stringMatching(/:\d+$/), namespace: 'default', uiUrl: expect.stringMatching(/^http:/) },
    masterDatabaseUrl: expect.stringMatching(/^postgres:.*\/freeflow_master$/),
    postgres: { url: expect.stringMatching(/^postgres:/) },
    mongodb: { url: expect.stringMatching(/^mongodb:/) },
    qdrant: { url: expect.stringMatching(/^http:/), apiKey: text },
    keycloak: { url: expect.stringMatching(/^http:/), ...own },
    auth: { issuer: expect.stringMatching(/\/realms\/freeflow-system$/), tokenUrl: text, audience: text, ...own },
    worker: {},
  });
});

test.each<[string, () => Promise<unknown>, unknown]>([
  ['PostgreSQL', () => userOf(info.postgres.url), 'postgres'],
  ['PostgreSQL, as the worker,', () => userOf(info.postgres.provisionerUrl), 'freeflow_provisioner'],
  [
    'MongoDB',
    () => withMongo(info.mongodb.url, (client) => client.db('admin').command({ listDatabases: 1 })),
    { ok: 1 },
  ],
  [
    'MongoDB, as the worker,',
    () => withMongo(info.mongodb.provisionerUrl, (client) => client.db('admin').command({ listDatabases: 1 })),
    { ok: 1 },
  ],
  ['Qdrant', () => qdrantAsOwner(info).getCollections(), { collections: [] }],
  [
    'Keycloak',
    () => asKeycloakAdmin(info, 'GET', '/admin/realms/freeflow-system'),
    { status: 200, body: { enabled: true } },
  ],
  ['Temporal', describeNamespace, { namespaceInfo: { name: 'default' } }],
  ["Temporal's UI", () => fetch(info.temporal.uiUrl ?? ''), { status: 200 }],
])('%s answers at its URL to its own driver', async (_, ask, answer) => {
  expect({ answer: await ask() }).toMatchObject({ answer });
});

test('started a second time it says so, uses the running one and starts nothing', async () => {
  const { code, output } = await outcome(stack('start', dir));
  expect(output).toContain(`The servers are already running (process ${info.supervisor.pid})`);
  expect(output).not.toContain('starting');
  expect(code).toBe(0);
  expect(readStackInfo(dir)).toEqual(info);
  expect(Object.values(info.processes).every(isAlive)).toBe(true);
});

test('status lists all of it and exits with 0', async () => {
  const { code, output } = await outcome(stack('status', dir));
  for (const title of TITLES) expect(output).toMatch(new RegExp(`^${title} +running +\\d+ +\\d+ `, 'm'));
  for (const { pid, port } of Object.values(info.processes)) expect(output).toMatch(new RegExp(` ${pid} +${port} `));
  expect(output).toMatch(/^Worker +not started/m);
  expect(code).toBe(0);
});

test('logs shows the last lines of one server', async () => {
  const { code, output } = await outcome(stack('logs', dir, ['postgres', '-n', '3']));
  const written = readFileSync(path.join(dir, 'logs/postgres.log'), 'utf8').trimEnd().split('\n');
  expect(written.length).toBeGreaterThan(3);
  expect(output.trimEnd().split('\n')).toEqual(written.slice(-3));
  expect(code).toBe(0);
});

test('killed hard, two servers with it: the next start ends what is left and has the same ports, credentials and data', async () => {
  await withPostgres(info.postgres.url, (client) =>
    client.query('CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)'),
  );
  await withMongo(info.mongodb.url, (client) =>
    client
      .db('kept')
      .collection('kept')
      .insertOne({ n: 42 }, { writeConcern: { journal: true } }),
  );
  for (const victim of [info.supervisor, info.processes['postgres'], info.processes['mongodb']])
    process.kill(victim?.pid ?? 0, 'SIGKILL');
  expect(await program.ended).toBe('SIGKILL');
  const orphans = ['qdrant', 'keycloak', 'temporal'].map((name) => info.processes[name]);
  expect(orphans.map((it) => it !== undefined && isAlive(it))).toEqual([true, true, true]);
  expect((await outcome(stack('status', dir))).code).toBe(3);

  program = stack('start', dir);
  await program.prints(/All servers are ready after/);
  const [before, after] = [info, readStackInfo(dir)];
  info = after;
  expect(Object.values(before.processes).filter(isAlive)).toEqual([]);
  expect({ ...after, supervisor: null, processes: portsOf(after) }).toEqual({
    ...before,
    supervisor: null,
    processes: portsOf(before),
  });
  expect((await withPostgres(info.postgres.url, (client) => client.query('SELECT n FROM kept'))).rows).toEqual([
    { n: 42 },
  ]);
  expect(await withMongo(info.mongodb.url, (client) => client.db('kept').collection('kept').findOne({}))).toMatchObject(
    { n: 42 },
  );
});

test('no log and no command line carries a credential, even after a second start', () => {
  const { credentials } = z
    .object({ credentials: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(path.join(dir, 'settings.json'), 'utf8')));
  const logs = readdirSync(path.join(dir, 'logs')).map((name) => readFileSync(path.join(dir, 'logs', name), 'utf8'));
  const commandLines = pidsOf(info).map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  expect(logs.length).toBe(5);
  const seen = Object.entries(credentials).filter(([, secret]) =>
    [...logs, ...commandLines].some((text) => text.includes(secret)),
  );
  expect(seen.map(([name]) => name)).toEqual([]);
});

test('stop, as the start has shown it, leaves no process and no port; status then exits with 3', async () => {
  const noted = notedIn(dir);
  expect(noted).toHaveLength(5);
  const [, shown = ''] = /^Stop with Ctrl-C here, or with: (.+)$/m.exec(program.output()) ?? [];
  const { code, output } = await outcome(run('bash', ['-c', shown]));
  expect(output).toMatch(/Stopped\.\n$/);
  expect(code).toBe(0);
  expect([...noted, ...Object.values(info.processes), info.supervisor].filter(isAlive)).toEqual([]);
  expect(processesIn(dir)).toEqual([]);
  expect(await Promise.all(ports.map(isFree))).toEqual(ports.map(() => true));
  expect(await program.ended).toBe(0);
  expect(existsSync(path.join(dir, 'stack.json'))).toBe(false);
  expect(await outcome(stack('status', dir))).toMatchObject({
    code: 3,
    output: expect.stringContaining('No stack is running'),
  });
});

test('reset without a terminal and without --yes refuses; with it all data, credentials and logs are gone', async () => {
  expect(await outcome(stack('reset', dir))).toMatchObject({
    code: 1,
    output: expect.stringContaining('Nothing was deleted'),
  });
  expect(existsSync(path.join(dir, 'data/postgres'))).toBe(true);
  expect((await outcome(stack('reset', dir, ['--yes']))).code).toBe(0);
  expect(['data', 'logs', 'settings.json'].filter((name) => existsSync(path.join(dir, name)))).toEqual([]);
});

const pidsOf = ({ processes }: StackInfo) => Object.values(processes).map(({ pid }) => pid);
const portsOf = ({ processes }: StackInfo) =>
  Object.fromEntries(Object.entries(processes).map(([name, { port }]) => [name, port]));

const userOf = (url: string) =>
  withPostgres(
    url,
    async (client) => (await client.query<{ user: string }>('SELECT current_user AS user')).rows[0]?.user,
  );

async function describeNamespace(): Promise<unknown> {
  const connection = await Connection.connect({ address: info.temporal.address });
  const answer = await connection.workflowService.describeNamespace({ namespace: info.temporal.namespace });
  await connection.close();
  return answer;
}
