import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BACKEND_KINDS } from '@freeflow/contract';
import type { StackInfo } from '@freeflow/contract/stack-info';
import { isAlive } from '@freeflow/lib/lock';
import { Connection } from '@temporalio/client';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { isFree } from '../../stack/ports';
import { readStackInfo } from '../../stack/stack-info';
import { describeDocuments } from '../documents/paste';
import { TEST_STACK } from '../support/master';
import { asKeycloakAdmin, qdrantAsOwner, withMongo, withPostgres } from '../support/outside';
import { IS_LONG } from '../support/sample';
import {
  keepPorts,
  newStackDir,
  notedIn,
  npmStart,
  outcome,
  processesIn,
  removeStackDirs,
  run,
  sharedKeycloak,
  stack,
  type Program,
} from '../support/stack-bench';
import { until } from '../support/until';

const TITLES = ['PostgreSQL', 'MongoDB', 'Qdrant', 'Keycloak', 'Temporal'];

// A Keycloak is dear to start, so there is one stack for all: its servers, killed, then the whole product; in the short
// form the latter on the Keycloak of all tests. The tests go on where the one before has left it.
const AGAIN = IS_LONG ? {} : sharedKeycloak();
const PROCESSES = IS_LONG ? 7 : 6;
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
afterAll(async () => {
  await removeStackDirs(dir);
  // What stands on the Keycloak of all tests would be in the way of the next run.
  if (!IS_LONG)
    for (const name of ['acme', 'globex', 'initech'])
      await asKeycloakAdmin(readStackInfo(TEST_STACK), 'DELETE', `/admin/realms/freeflow-${name}`);
});

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
    auth: {
      issuer: expect.stringMatching(/\/realms\/freeflow-system$/),
      tokenUrl: text,
      audience: text,
      ...own,
      person: { username: text, password: text },
    },
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

test('servers, started a second time, say so: the start uses the running one and starts nothing', async () => {
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

test('killed hard, two servers with it: the next start, here of the whole product, ends what is left and has the same ports, credentials and data', async () => {
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

  program = npmStart(dir, AGAIN);
  await program.prints(/Stop with Ctrl-C/);
  const [before, after] = [info, readStackInfo(dir)];
  info = after;
  expect(Object.values(before.processes).filter(isAlive)).toEqual([]);
  expect(lasting(after)).toEqual(lasting(before));
  expect((await withPostgres(info.postgres.url, (client) => client.query('SELECT n FROM kept'))).rows).toEqual([
    { n: 42 },
  ]);
  expect(await withMongo(info.mongodb.url, (client) => client.db('kept').collection('kept').findOne({}))).toMatchObject(
    { n: 42 },
  );
});

test('a first tenant acme is made, each step told with its time', () => {
  const output = program.output();
  const steps = ['begin', ...BACKEND_KINDS.flatMap((it) => [`${it}.create`, `${it}.probe`]), 'activate'];
  for (const step of steps) expect(output).toMatch(new RegExp(`^✔ ${step} +[\\d.]+ m?s  `, 'm'));
  expect(output).toMatch(/^acme is active after [\d.]+ m?s\.$/m);
  expect(output).not.toContain('✖');
});

test('worker and API stand in stack.json and among the lines that end in ready', () => {
  const { api, worker } = readStackInfo(dir);
  expect(program.output()).toMatch(
    new RegExp(`^Worker +ready +port ${new URL(worker.healthUrl).port}, \\d+\\.\\d s$`, 'm'),
  );
  expect(program.output()).toMatch(new RegExp(`^API +ready +port ${new URL(api.url).port}, \\d+\\.\\d s$`, 'm'));
  for (const { pid } of [api, worker]) expect(() => process.kill(pid ?? 0, 0)).not.toThrow();
});

test.each(['API', 'Temporal UI', 'Keycloak'])('the address it shows of %s answers', async (name) => {
  const url = new RegExp(`^${name} +(http\\S+)$`, 'm').exec(program.output())?.[1];
  expect((await fetch(url ?? '')).status).toBe(200);
});

describe('command lines of documents, pasted into a shell one after the other', () => {
  describeDocuments(() => dir);
});

test.each(['worker', 'api'] as const)('the %s, killed hard, is ready again by itself', async (name) => {
  const pid = readStackInfo(dir)[name].pid ?? 0;
  const killedAt = Date.now();
  process.kill(pid, 'SIGKILL');
  await until(`another ${name} is ready`, async () => {
    const {
      worker,
      api,
      [name]: { pid: now },
    } = readStackInfo(dir);
    return now !== pid && (await fetch(`${{ worker: worker.healthUrl, api: api.url }[name]}/health/ready`)).ok;
  });
  const tookMs = Date.now() - killedAt;
  process.stderr.write(`${name}: ready again ${tookMs} ms after it was killed\n`);
  expect(await program.prints(new RegExp(`${name} is back`, 'i'))).toBeTruthy();
});

test('each of the three commands it shows works when pasted into a shell', async () => {
  const shown = /Try, in another terminal:\n((?: {2}.+\n)+)/.exec(program.output())?.[1]?.trimEnd().split('\n') ?? [];
  expect(shown).toHaveLength(3);
  const outputs = [];
  for (const command of shown) {
    const { code, output } = await outcome(run('bash', ['-c', command]));
    expect({ command, code, output }).toMatchObject({ code: 0 });
    outputs.push(output);
  }
  const [token = '', created = '', connections = ''] = outputs;
  expect(decodeJwt(token.trim())).toMatchObject({ permissions: ['system:*'] });
  const { id } = z
    .object({ id: z.string(), name: z.literal('globex'), status: z.literal('provisioning') })
    .parse(JSON.parse(created));
  const urlOf = (protocol: string) => new RegExp(`^ +url +(${protocol}://\\S+)$`, 'm').exec(connections)?.[1] ?? '';
  await withPostgres(urlOf('postgresql'), (client) => client.query('SELECT 1'));
  await withMongo(urlOf('mongodb'), (client) => client.db().listCollections().toArray());
  // The worker that took the killed one's place does its work.
  await until('globex is active', async () => {
    const response = await fetch(`${readStackInfo(dir).api.url}/tenants/${id}`, {
      headers: { authorization: `Bearer ${token.trim()}` },
    });
    return z.object({ status: z.string() }).parse(await response.json()).status === 'active';
  });
});

test('the demonstration, on what runs here, comes to its end and leaves nothing', async () => {
  const { code, output } = await outcome(run(process.execPath, ['dist/stack/demo.js'], { FREEFLOW_STACK_DIR: dir }));
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('Nothing of either is left.') });
  for (const refused of ['(42501)', '(13)', '(403)', '(401)', '(28000)', '(18)', '(28P01)', '(404)'])
    expect(output).toContain(refused);
  const { postgres } = readStackInfo(dir);
  expect(
    await withPostgres(
      postgres.url,
      async (client) =>
        (await client.query(`SELECT datname FROM pg_database WHERE datname LIKE 'freeflow_demo%'`)).rows,
    ),
  ).toEqual([]);
});

test('the product, started a second time, says so, shows the same addresses and starts nothing', async () => {
  const before = readStackInfo(dir);
  const { code, output } = await outcome(npmStart(dir, AGAIN));
  expect(output).toContain(`FreeFlow is already running (process ${program.pid})`);
  expect(output).toContain(`${before.api.url}/docs`);
  expect(code).toBe(0);
  expect(readStackInfo(dir)).toEqual(before);
});

test('no log and no command line carries a credential, even after a second start', () => {
  const { credentials } = z
    .object({ credentials: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(path.join(dir, 'settings.json'), 'utf8')));
  const logs = readdirSync(path.join(dir, 'logs')).map((name) => readFileSync(path.join(dir, 'logs', name), 'utf8'));
  const commandLines = notedIn(dir).map(({ pid }) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  expect(readdirSync(path.join(dir, 'logs'))).toEqual(
    expect.arrayContaining(
      ['postgres', 'mongodb', 'qdrant', 'keycloak', 'temporal', 'worker', 'api'].map((it) => `${it}.log`),
    ),
  );
  expect(commandLines).toHaveLength(PROCESSES);
  const seen = Object.entries(credentials).filter(([, secret]) =>
    [...logs, ...commandLines].some((text) => text.includes(secret)),
  );
  expect(seen.map(([name]) => name)).toEqual([]);
});

test('Ctrl-C ends everything it has started, then itself, and leaves no process and no port; status then exits with 3', async () => {
  const noted = notedIn(dir);
  expect(noted.filter(isAlive)).toHaveLength(PROCESSES);
  program.interrupt();
  // npm passes the signal on as well, so the same one comes twice.
  await delay(20);
  process.kill(program.pid, 'SIGINT');
  expect(await program.ended).toBe(0);
  expect(program.output()).not.toContain('Killed');
  expect(noted.filter(isAlive)).toEqual([]);
  expect(processesIn(dir)).toEqual([]);
  expect(await Promise.all(ports.map(isFree))).toEqual(ports.map(() => true));
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

/** What a stack has at each of its starts; of Keycloak where each of them is of its own. */
function lasting(it: StackInfo) {
  const processes = Object.entries(it.processes).map(([name, { port }]) => [name, port] as const);
  return {
    ...it,
    ...(IS_LONG ? {} : { keycloak: null, auth: null }),
    supervisor: null,
    api: { url: it.api.url },
    worker: { healthUrl: it.worker.healthUrl },
    processes: Object.fromEntries(processes.filter(([name]) => IS_LONG || name !== 'keycloak')),
  };
}

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
