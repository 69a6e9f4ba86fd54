import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { POSTGRES_PACKAGE } from '../../stack/fetch/packages';
import { cacheDir, projectRoot } from '../../stack/project';
import { readStackInfo } from '../../stack/stack-info';
import { TEST_STACK } from '../support/master';
import { withPostgres } from '../support/outside';
import { until } from '../support/until';

const isRoot = process.getuid?.() === 0;
const suite = isRoot ? describe : describe.skip;
if (!isRoot)
  process.stderr.write('\nNot root: that the stack starts for root in a private folder is NOT TESTED here.\n');

const PROGRAMS = `${POSTGRES_PACKAGE.name}-${POSTGRES_PACKAGE.version}`;

/** The servers of the test stack, but for the PostgreSQL server, which is to be started. */
function otherServers(): Record<string, string> {
  const { mongodb, qdrant, keycloak, temporal } = readStackInfo(TEST_STACK);
  return {
    MONGODB_ADMIN_URL: mongodb.url,
    QDRANT_URL: qdrant.url,
    QDRANT_API_KEY: qdrant.apiKey,
    KEYCLOAK_URL: keycloak.url,
    KEYCLOAK_CLIENT_ID: keycloak.clientId,
    KEYCLOAK_CLIENT_SECRET: keycloak.clientSecret,
    TEMPORAL_ADDRESS: temporal.address,
  };
}

/**
 * A checkout of mode 0700, as a home, with the cache of fetched servers in it: hard links of what is built, a copy of
 * PostgreSQL's programs; packages, which root alone uses, lie where they are.
 */
function privateCheckout(): string {
  const [root, checkout] = [projectRoot(), mkdtempSync(path.join(projectRoot(), '.freeflow-private-'))];
  symlinkSync(path.join(root, 'node_modules'), path.join(checkout, 'node_modules'));
  execFileSync('cp', ['-al', ...['dist', 'pnpm-workspace.yaml'].map((it) => path.join(root, it)), checkout]);
  const cache = path.join(checkout, 'cache', 'freeflow');
  mkdirSync(cache, { recursive: true });
  // By copy: the cache may lie in another file system.
  execFileSync('cp', ['-a', path.join(cacheDir(process.env), PROGRAMS), cache]);
  return checkout;
}

suite('for root', () => {
  let folder: string;
  let child: ChildProcess | undefined;

  beforeAll(() => {
    folder = privateCheckout();
  });
  afterAll(async () => {
    const gone = new Promise((resolve) => {
      if (child === undefined || child.exitCode !== null) resolve(undefined);
      else child.once('exit', resolve);
    });
    child?.kill('SIGINT');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  });

  test('root starts PostgreSQL from a checkout that no other user may enter', async () => {
    expect(spawnSync('test', ['-x', path.join(folder, 'dist')], { uid: 65_534, gid: 65_534, cwd: '/' }).status).toBe(1);
    const started = spawn(process.execPath, ['dist/stack/main.js', 'start', '--dir', '.freeflow'], {
      cwd: folder,
      env: { ...process.env, ...otherServers(), XDG_CACHE_HOME: path.join(folder, 'cache') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    let said = '';
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (it) => (said += String(it)));
    await until('the servers are ready', async () => started.exitCode !== null || /All servers are ready/.test(said));
    expect(said).toMatch(/All servers are ready/);
    const { postgres } = readStackInfo(path.join(folder, '.freeflow'));
    const { rows } = await withPostgres(postgres.url, (client) =>
      client.query(`SELECT current_setting('log_timezone') AS zone`),
    );
    expect(rows).toEqual([{ zone: 'UTC' }]);
  });
});
