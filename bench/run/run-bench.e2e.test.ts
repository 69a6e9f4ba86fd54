import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../stack/project';
import { readStackInfo } from '../../stack/stack-info';
import { TEST_STACK } from '../../test/support/master';
import { asKeycloakAdmin, qdrantAsOwner, withMongo, withPostgres } from '../../test/support/outside';
import { IS_LONG } from '../../test/support/sample';
import { until } from '../../test/support/until';
import { reportSchema } from '../report/schema';

const info = readStackInfo(TEST_STACK);
const folder = mkdtempSync(path.join(tmpdir(), 'freeflow-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Started {
  process: ChildProcess;
  output: () => string;
  code: Promise<number | null>;
}

function startBench(...args: string[]): Started {
  const child = spawn(
    process.execPath,
    [path.join(projectRoot(), 'dist/bench/main.js'), '--dir', TEST_STACK, ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (it) => (output += String(it)));
  const code = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { process: child, output: () => output, code };
}

/** What of tenants of a benchmark stands at any server, whoever has made it. */
async function remains(): Promise<string[]> {
  const isOurs = (name: string) => /^(freeflow[_-]bench|s[0-9a-f]{10}(_|$)|bench_)/.test(name);
  const [postgres, mongo, qdrant, realms] = await Promise.all([
    withPostgres(info.postgres.url, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        'SELECT datname AS name FROM pg_database UNION SELECT rolname FROM pg_roles UNION SELECT nspname FROM pg_namespace',
      );
      return rows.map(({ name }) => name);
    }),
    withMongo(info.mongodb.url, async (client) => {
      const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
      return databases.map(({ name }) => name);
    }),
    qdrantAsOwner(info)
      .getCollections()
      .then(({ collections }) => collections.map(({ name }) => name)),
    asKeycloakAdmin(info, 'GET', '/admin/realms?briefRepresentation=true').then(({ body }) =>
      (body as { realm: string }[]).map(({ realm }) => realm),
    ),
  ]);
  return [...postgres, ...mongo, ...qdrant, ...realms].filter(isOurs);
}

// In the short form the scenario that makes the fewest tenants; the other one makes realms ahead as well.
const SCENARIO = IS_LONG ? 'create' : 'suspend';

test('a run ends with figures of product and script, and leaves nothing at the servers', async () => {
  const json = path.join(folder, 'figures.json');
  const { code, output } = startBench('--only', SCENARIO, '--n', '1', '--json', json);
  expect([await code, output()]).toEqual([0, expect.stringContaining(`${SCENARIO}: FreeFlow`)]);
  const { outcomes } = reportSchema.parse(JSON.parse(readFileSync(json, 'utf8')));
  expect(outcomes.map(({ name, state }) => `${name} ${state}`)).toEqual([`${SCENARIO} done`]);
  const [times, ratios] = outcomes[0]?.result?.groups ?? [];
  expect(times?.rows.slice(0, 2).map(({ label, n }) => `${label} ${n}`)).toEqual([
    `${SCENARIO}: FreeFlow 1`,
    `${SCENARIO}: script 1`,
  ]);
  expect(ratios?.rows[0]?.p50).toBeGreaterThan(0);
  expect(await remains()).toEqual([]);
});

test('a run that is interrupted removes what it has made, and writes nothing', async () => {
  const json = path.join(folder, 'interrupted.json');
  const bench = startBench('--only', 'throughput', '--n', '3', '--json', json);
  const hasMade = async () => (await remains()).some((it) => it.startsWith('freeflow_bench'));
  await until('it has made something', async () => bench.process.exitCode !== null || hasMade());
  expect([bench.process.exitCode, bench.output()]).toEqual([null, expect.stringContaining('throughput')]);
  bench.process.kill('SIGINT');
  expect([await bench.code, bench.output()]).toEqual([130, expect.stringContaining('interrupted')]);
  expect(() => readFileSync(json)).toThrow('ENOENT');
  expect(await remains()).toEqual([]);
});
