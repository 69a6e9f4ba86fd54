import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../../../stack/ports';
import { projectRoot } from '../../../stack/project';
import { apiEnv, workerEnv } from '../../../stack/stack-info';
import { newName } from '../../support/activity-harness';
import { hasContainers, Podman, type Container, type ContainerEnd } from '../../support/containers';
import { envOf } from '../../support/freeflow';
import { openTestInstallation, type TestInstallation } from '../../support/installation';
import { inDatabase } from '../../support/master';
import { withPostgres } from '../../support/outside';
import { DEMANDED, podmanCompose, writeOverride } from '../../support/podman-compose';
import { askFor, createTenant, deleteTenant, operationEnds } from '../../support/tenants';
import { until } from '../../support/until';

const IMAGE = `localhost/freeflow-test:${randomBytes(4).toString('hex')}`;
/** More would slow down every pull, and with it every new node of a cluster. */
const LARGEST_MB = 240;
const NODE = '/usr/local/bin/node';

(hasContainers() ? describe : describe.skip)('the image', () => {
  const podman = new Podman();
  let folder: string;
  let installation: TestInstallation;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'freeflow-image-test-'));
    const program = path.join(projectRoot(), 'dist/deploy/image/main.js');
    const args = [program, '--tag', IMAGE, '--sbom', path.join(folder, 'sbom.json')];
    tell(String(execFileSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })));
    installation = await openTestInstallation({ worker: false });
    await installation.api().stop();
  });
  afterAll(async () => {
    await installation.close();
    await podman.close(IMAGE);
    rmSync(folder, { recursive: true });
  });

  const run = (words: readonly string[], env?: Record<string, string>): Promise<ContainerEnd> =>
    podman.start(IMAGE, words, env).ended;

  /** Starts one of the two processes that stay, and waits until it is ready. */
  async function start(command: 'api' | 'worker', env: Record<string, string>, url: string): Promise<Container> {
    const startedAt = Date.now();
    const log = path.join(installation.logDir, `${command}-image.log`);
    const container = podman.start(IMAGE, [command], { ...env, TASK_QUEUE: installation.taskQueue }, log);
    let end: ContainerEnd | undefined;
    void container.ended.then((it) => (end = it));
    await until(`${command} is ready`, async () => end !== undefined || (await fetch(`${url}/health/ready`)).ok);
    expect(end).toBeUndefined();
    tell(`${command} ready after ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`);
    return container;
  }
  const startApi = (): Promise<Container> => {
    const { apiUrl, apiMasterUrl, info } = installation;
    const env = { ...apiEnv(info), MASTER_DATABASE_URL: apiMasterUrl, API_PORT: new URL(apiUrl).port };
    return start('api', env, apiUrl);
  };
  async function startWorker(): Promise<Container> {
    const { workerMasterUrl, info } = installation;
    const port = String(await freePort());
    const env = {
      ...workerEnv(info),
      MASTER_DATABASE_URL: workerMasterUrl,
      WORKER_HEALTH_PORT: port,
      KEYCLOAK_POOL_SIZE: '0',
      SWEEP_INTERVAL_MS: '5000',
      SETTLE_MARGIN_MS: '2000',
    };
    return start('worker', env, `http://127.0.0.1:${port}`);
  }
  const hasDoneAStep = async (id: string) => {
    const { rows } = await installation.master.query('SELECT 1 FROM "TenantProvisionLog" WHERE "tenantId" = $1', [id]);
    return rows.length > 0;
  };

  test('runs API and worker: a worker killed amid a create is replaced by another, and a hard delete leaves nothing', async () => {
    const [api, first] = await Promise.all([startApi(), startWorker()]);
    expect([api.exec('health'), first.exec('health')]).toEqual([
      { code: 0, output: '' },
      { code: 0, output: '' },
    ]);
    const id = await askFor(installation, newName());
    await until('a step is done', () => hasDoneAStep(id));
    first.kill('SIGKILL');
    expect((await first.ended).code).toBe(137);
    const second = await startWorker();
    expect(await operationEnds(installation, id)).toMatchObject({ status: 'active' });
    expect(await deleteTenant(installation, id)).toMatchObject({ status: 'deleted', operation: { state: 'done' } });

    // Ended in good order by the signal that every orchestrator sends.
    for (const it of [api, second]) it.kill('SIGTERM');
    const [apiEnd, workerEnd] = await Promise.all([api.ended, second.ended]);
    expect([apiEnd.code, workerEnd.code]).toEqual([0, 0]);
    expect(workerEnd.output).toContain('worker stopped');
  });

  test('is unhealthy while its process is not ready', async () => {
    const waiting = podman.start(IMAGE, ['worker'], {
      ...workerEnv(installation.info),
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      WORKER_HEALTH_PORT: String(await freePort()),
    });
    await until('it answers that it waits', async () =>
      waiting.exec('health').output.includes('"waitingFor":"Temporal"'),
    );
    expect(waiting.exec('health').code).toBe(1);
    waiting.kill('SIGTERM');
    expect((await waiting.ended).code).toBe(0);
  });

  test('has a command line, serves its pages, runs as nobody of the machine, writes nothing, and has no shell', async () => {
    const api = await startApi();
    const { code, output } = await run(['freeflow', 'tenants', 'list', '--json'], envOf(installation));
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('"items"') });
    const page = await fetch(`${installation.apiUrl}/docs/static/swagger-ui.css`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/css')]);
    const [, script = ''] = /src="([^"]+)"/.exec(await (await fetch(`${installation.apiUrl}/console/`)).text()) ?? [];
    expect((await fetch(new URL(script, installation.apiUrl))).headers.get('content-type')).toMatch(/javascript/);
    expect(api.exec(NODE, '-p', 'process.getuid()').output).toBe('10001');
    const write = (file: string) => api.exec(NODE, '-e', `fs.writeFileSync("${file}", "")`);
    expect([write('/tmp/x').code, write('/app/x').output]).toEqual([0, expect.stringContaining('EROFS')]);
    expect(api.exec('/bin/sh', '-c', 'true').code).not.toBe(0);
    api.kill('SIGTERM');
    expect((await api.ended).code).toBe(0);
  });

  test('migrates a database that is not there yet, once', async () => {
    const { masterDatabaseUrl, masterDatabase, postgres } = installation.info;
    const database = `freeflow_master_${randomBytes(5).toString('hex')}`;
    const env = {
      MASTER_DATABASE_URL: inDatabase(masterDatabaseUrl, database),
      MASTER_API_ROLE_PASSWORD: masterDatabase.apiPassword,
      MASTER_WORKER_ROLE_PASSWORD: masterDatabase.workerPassword,
    };
    try {
      const ends = [await run(['migrate'], env), await run(['migrate'], env)];
      expect(ends).toEqual([
        { code: 0, output: expect.stringContaining(`${database} created`) },
        { code: 0, output: expect.stringContaining('Nothing to migrate') },
      ]);
    } finally {
      await withPostgres(postgres.url, (owner) => owner.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`));
    }
  });

  test('ends by SIGTERM at once while it has no handler of its own, though it is process 1', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const asked = new Promise((resolve) => silent.once('connection', resolve));
    const { port } = silent.address() as { port: number };
    const url = `postgresql://nobody:nothing@127.0.0.1:${port}/freeflow_master`;
    const migration = podman.start(IMAGE, ['migrate'], { MASTER_DATABASE_URL: url });
    await asked;
    const killedAt = Date.now();
    migration.kill('SIGTERM');
    expect((await migration.ended).code).toBe(143);
    // Its attempt to connect would have ended by itself after ten.
    expect(Date.now() - killedAt).toBeLessThan(5_000);
    silent.close();
  });

  test('is brought up as a whole by Compose: migrated and set up, with API and worker', async () => {
    const workerPort = await freePort();
    const project = `freeflow-test-${process.pid}`;
    const files = ['docker-compose.product.yml', writeOverride(folder, installation, workerPort)];
    const compose = (...words: string[]) =>
      podmanCompose(['--project-name', project, ...files.flatMap((it) => ['--file', it]), ...words], {
        ...podman.env,
        ...DEMANDED,
        FREEFLOW_IMAGE: IMAGE,
      });
    try {
      await compose('up', '--detach');
      for (const url of [installation.apiUrl, `http://127.0.0.1:${workerPort}`])
        await until(`${url} is ready`, async () => (await fetch(`${url}/health/ready`)).ok);
      const codes = ['migrate', 'backends'].map((it) =>
        podman.run('inspect', '--format', '{{.State.ExitCode}}', `${project}_${it}_1`),
      );
      expect(codes).toEqual(['0', '0']);
      const { id, status } = await createTenant(installation, newName());
      expect(status).toBe('active');
      expect(await deleteTenant(installation, id)).toMatchObject({ status: 'deleted' });
    } finally {
      await compose('down', '--timeout', '20');
    }
  });

  test('holds no secret, and is told apart by its version', async () => {
    const text =
      podman.run('image', 'inspect', IMAGE) + podman.run('history', '--no-trunc', '--format', '{{.CreatedBy}}', IMAGE);
    const { secretsKey, masterDatabase, auth, keycloak, qdrant } = installation.info;
    const secrets = [secretsKey, masterDatabase.apiPassword, auth.clientSecret, keycloak.clientSecret, qdrant.apiKey];
    expect(secrets.filter((it) => text.includes(it))).toEqual([]);
    const inspect = (format: string) => podman.run('image', 'inspect', '--format', format, IMAGE);
    const variables = (JSON.parse(inspect('{{json .Config.Env}}')) as string[]).map((it) => it.replace(/=.*/, ''));
    expect(variables.sort()).toEqual(['API_HOST', 'NODE_COMPILE_CACHE', 'NODE_ENV', 'PATH', 'WORKER_HEALTH_HOST']);
    expect(inspect('{{.User}}')).toBe('10001:10001');
    expect(inspect('{{json .HealthCheck.Test}}')).toBe('["CMD","health"]');
    const { output } = await run(['freeflow', '--version']);
    expect(inspect('{{index .Labels "org.opencontainers.image.version"}}')).toBe(output.trim());
    const sizeMb = Math.round(Number(inspect('{{.Size}}')) / 1e6);
    tell(`${sizeMb} MB`);
    expect(sizeMb).toBeLessThan(LARGEST_MB);
  });

  test('brings a bill of materials of all that is in it', async () => {
    const text = readFileSync(path.join(folder, 'sbom.json'), 'utf8');
    const inside = await run([NODE, '-e', 'process.stdout.write(fs.readFileSync("/app/sbom.cdx.json"))']);
    expect(inside).toEqual({ code: 0, output: text });
    const { components } = JSON.parse(text) as { components: { purl: string }[] };
    const expected = [
      'pkg:npm/fastify',
      'pkg:npm/%40temporalio/core-bridge',
      'pkg:generic/node',
      'pkg:deb/debian/libc6',
    ];
    expect(components.map(({ purl }) => purl.replace(/@[^@]*$/, ''))).toEqual(expect.arrayContaining(expected));
  });
});

/** For whoever reads the output of the tests: the figures of docs/image.md. */
const tell = (text: string): void => void process.stderr.write(`\nthe image: ${text.trim()}\n`);
