import { spawn } from 'node:child_process';
import path from 'node:path';
import { ErrorTolerantClient, sharesSessions } from '@freeflow/lib/pg';
import { TenantLock } from '../../activities/tenant-lock';
import { freePort } from '../../stack/ports';
import { projectRoot } from '../../stack/project';
import { apiEnv, readStackInfo, workerEnv } from '../../stack/stack-info';
import { newName } from '../support/activity-harness';
import { doctor, doctorEnv } from '../support/doctor';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { endLockSessions } from '../support/lock-sessions';
import { openMaster, TEST_STACK, type Master } from '../support/master';
import { observeFromOutside, NOTHING, withPostgres } from '../support/outside';
import { hasPooler, openPooler, type Pooler } from '../support/pooler';
import { createTenant, operationEnds } from '../support/tenants';
import { until } from '../support/until';

const info = readStackInfo(TEST_STACK);
const suite = hasPooler() ? describe : describe.skip;

/** Runs an entry point of ours until it ends by itself. */
async function ended(script: string, env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [path.join(projectRoot(), script)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (it) => (said += String(it)));
  return { code: await new Promise<number | null>((resolve) => child.once('close', resolve)), said };
}

suite("PgBouncer in session mode, before the master database and the tenants' server", () => {
  let pooler: Pooler;
  let installation: TestInstallation;
  beforeAll(async () => {
    pooler = await openPooler(info.postgres.url, 'session');
    installation = await openTestInstallation({
      timezone: 'UTC',
      masterUrl: pooler.via,
      worker: { POSTGRES_ADMIN_URL: pooler.via(info.postgres.provisionerUrl) },
    });
  }, 300_000);
  afterAll(async () => {
    await installation?.close();
    await pooler?.close();
  });

  const done = async (id: string, method: string, route: string) => {
    const { status } = await installation.request(method, `/tenants/${id}${route}`);
    return { status, state: (await operationEnds(installation, id)).operation.state };
  };

  test('a tenant lives its whole life, also when the session that holds the locks is ended, and nothing of it is left', async () => {
    const { id, name, status } = await createTenant(installation, newName('p'));
    expect(status).toBe('active');
    expect((await observeFromOutside(info, name)).postgres).not.toBeNull();
    expect(await done(id, 'POST', '/suspend')).toEqual({ status: 202, state: 'done' });
    await endLockSessions(info, new URL(installation.masterUrl).pathname.slice(1));
    expect(await done(id, 'POST', '/resume')).toEqual({ status: 202, state: 'done' });
    expect(await done(id, 'DELETE', '?mode=hard&force=true')).toEqual({ status: 202, state: 'done' });
    expect(await observeFromOutside(info, name)).toEqual(NOTHING);
    expect(pooler.log()).not.toMatch(/unsupported startup parameter/);
  });

  test('the server ends its sessions: the API answers, or says that the master database is away, and never 5xx of another kind', async () => {
    const database = new URL(installation.masterUrl).pathname.slice(1);
    const answers = new Set<number>();
    for (let round = 0; round < 5; round += 1) {
      await withPostgres(info.postgres.url, (owner) =>
        owner.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [database]),
      );
      for (const { status } of await Promise.all(
        Array.from({ length: 6 }, () => installation.request('GET', '/tenants')),
      ))
        answers.add(status);
    }
    expect([...answers].filter((status) => status !== 200 && status !== 503)).toEqual([]);
    await until('it answers again', async () => (await installation.request('GET', '/tenants')).status === 200);
  });

  test('a session has its settings, and the next client of the same session has none of them', async () => {
    const client = new ErrorTolerantClient({
      connectionString: pooler.via(info.postgres.provisionerUrl),
      settings: { statement_timeout: 1_234 },
    });
    await client.connect();
    const shown = `SELECT current_setting('statement_timeout') AS timeout, current_setting('TimeZone') AS zone`;
    expect([client.isPooled, (await client.query(shown)).rows]).toEqual([true, [{ timeout: '1234ms', zone: 'UTC' }]]);
    await client.end();
    const next = await withPostgres(
      pooler.via(info.postgres.provisionerUrl),
      async (other) => (await other.query<{ timeout: string }>(shown)).rows[0]?.timeout,
    );
    expect(next).toBe('0');
  });

  test('a password that the pooler refuses is known for what it is', async () => {
    const url = new URL(pooler.via(info.postgres.provisionerUrl));
    url.password = 'another';
    await expect(new ErrorTolerantClient({ connectionString: url.href }).connect()).rejects.toMatchObject({
      code: '28P01',
    });
  });

  test('doctor finds the sessions as they should be', async () => {
    // On a busy machine a connection may take longer than doctor waits.
    await until('doctor finds them all right', async () => {
      const { lines } = await doctor(installation, {
        ...doctorEnv(installation),
        POSTGRES_ADMIN_URL: pooler.via(info.postgres.provisionerUrl),
      });
      return ['master.sessions', 'postgres.sessions', 'postgres.connection'].every(
        (check) => lines[check]?.status === 'ok',
      );
    });
    expect(pooler.log()).not.toMatch(/unsupported startup parameter/);
  });
});

const SAYS =
  /(MASTER_DATABASE_URL|POSTGRES_ADMIN_URL): the pooler at 127\.0\.0\.1:\d+ shares a session between clients.*Set pool_mode = session/;

suite.each(['transaction', 'statement'] as const)('PgBouncer in %s mode', (mode) => {
  let pooler: Pooler;
  beforeAll(async () => {
    pooler = await openPooler(info.postgres.url, mode);
  });
  afterAll(() => pooler?.close());

  test('is known by two connections, also when many others use it; a server itself never is', async () => {
    const others = Array.from(
      { length: 6 },
      () => new ErrorTolerantClient({ connectionString: pooler.via(info.postgres.provisionerUrl) }),
    );
    await Promise.all(others.map((it) => it.connect()));
    let goesOn = true;
    const busy = others.map(async (it) => {
      while (goesOn) await it.query('SELECT 1');
    });
    expect(await sharesSessions(pooler.via(info.postgres.provisionerUrl))).toBe(true);
    goesOn = false;
    await Promise.all(busy);
    await Promise.all(others.map((it) => it.end()));
    expect(await sharesSessions(info.postgres.provisionerUrl)).toBe(false);
  });
});

suite('PgBouncer in transaction mode', () => {
  let pooler: Pooler;
  let master: Master;
  beforeAll(async () => {
    [pooler, master] = await Promise.all([openPooler(info.postgres.url, 'transaction'), openMaster()]);
  });
  afterAll(async () => {
    await master?.drop();
    await pooler?.close();
  });

  test('worker, API and migrator do not start, and report why and what to do', async () => {
    const none = {
      MASTER_DATABASE_URL: pooler.via(master.workerUrl),
      WORKER_HEALTH_PORT: String(await freePort()),
      API_PORT: String(await freePort()),
    };
    const all = await Promise.all([
      ended('dist/worker/main.js', { ...workerEnv(info), ...none }),
      ended('dist/worker/main.js', {
        ...workerEnv(info),
        ...none,
        MASTER_DATABASE_URL: master.workerUrl,
        POSTGRES_ADMIN_URL: pooler.via(info.postgres.provisionerUrl),
      }),
      ended('dist/api/server.js', { ...apiEnv(info), ...none }),
      ended('prisma/dist/migrate-main.js', { MASTER_DATABASE_URL: pooler.via(master.ownerUrl) }),
    ]);
    expect(all.map(({ said }) => SAYS.exec(said)?.[1])).toEqual([
      'MASTER_DATABASE_URL',
      'POSTGRES_ADMIN_URL',
      'MASTER_DATABASE_URL',
      'MASTER_DATABASE_URL',
    ]);
    expect(all.map(({ code }) => code)).toEqual([1, 1, 1, 1]);
  });

  test('no lock is held by it, also where it came to stand there after the start', async () => {
    const lock = new TenantLock(pooler.via(master.workerUrl));
    await expect(lock.hold('a', 1_000, AbortSignal.timeout(30_000), async () => 'held')).rejects.toMatchObject({
      type: 'master-database',
      message: expect.stringContaining('pool_mode = session'),
    });
    await lock.close();
  });

  test('doctor says so of both servers', async () => {
    const { code, lines } = await doctor(
      { info },
      {
        MASTER_DATABASE_URL: pooler.via(master.workerUrl),
        POSTGRES_ADMIN_URL: pooler.via(info.postgres.provisionerUrl),
      },
    );
    expect(code).toBe(1);
    for (const check of ['master.sessions', 'postgres.sessions'])
      expect(lines[check]).toMatchObject({ status: 'fail', advice: expect.stringContaining('pool_mode = session') });
  });
});
