import { setTimeout as delay } from 'node:timers/promises';
import { BACKEND_KINDS } from '@freeflow/contract';
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { isAlive } from '../../stack/processes';
import { readStackInfo } from '../../stack/stack-info';
import { withMongo, withPostgres } from '../support/outside';
import {
  newStackDir,
  notedIn,
  npmStart,
  outcome,
  processesIn,
  removeStackDirs,
  run,
  type Program,
} from '../support/stack-bench';
import { until } from '../support/until';

/** Told, not tested: the requirement is 2 s on a quiet machine. One that is not started again at once takes far longer. */

// One start for all: the tests go on where the one before has left it.
let dir: string;
let program: Program;

beforeAll(async () => {
  dir = newStackDir();
  program = npmStart(dir);
  await program.prints(/Stop with Ctrl-C/);
});
afterAll(() => removeStackDirs(dir));

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

test('started a second time it says so, shows the same addresses and starts nothing', async () => {
  const before = readStackInfo(dir);
  const { code, output } = await outcome(npmStart(dir));
  expect(output).toContain(`FreeFlow is already running (process ${program.pid})`);
  expect(output).toContain(`${before.api.url}/docs`);
  expect(code).toBe(0);
  expect(readStackInfo(dir)).toEqual(before);
});

test('Ctrl-C ends everything it has started, then itself', async () => {
  const noted = notedIn(dir);
  expect(noted.filter(isAlive)).toHaveLength(7);
  program.interrupt();
  // npm passes the signal on as well, so the same one comes twice.
  await delay(20);
  process.kill(program.pid, 'SIGINT');
  expect(await program.ended).toBe(0);
  expect(program.output()).not.toContain('Killed');
  expect(noted.filter(isAlive)).toEqual([]);
  expect(processesIn(dir)).toEqual([]);
});
