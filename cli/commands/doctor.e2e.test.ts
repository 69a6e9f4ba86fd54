import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BACKEND_KINDS } from '@freeflow/contract';
import { tenantNames } from '@freeflow/contract';
import { createMasterClient } from '@freeflow/db-master';
import { grantClientCredentials } from '@freeflow/lib/oauth';
import { createSecretStore, readSecretKeys } from '@freeflow/lib/secrets';
import type { ScheduleSummary } from '@temporalio/client';
import { freePort } from '../../stack/ports';
import { newName } from '../../test/support/activity-harness';
import { openApiBench } from '../../test/support/api-bench';
import { doctor, doctorEnv, doctorProcess, failures, those } from '../../test/support/doctor';
import { freeflow, secretsIn } from '../../test/support/freeflow';
import { freeflowHere } from '../../test/support/freeflow-here';
import { openTestInstallation, type Running, type TestInstallation } from '../../test/support/installation';
import { inDatabase } from '../../test/support/master';
import { asPostgres } from '../../test/support/provisioner-bench';
import { startProxy } from '../../test/support/tcp-proxy';
import { until } from '../../test/support/until';
import { insertWebhook } from '../../test/support/webhooks';
import { changeContexts, putContext } from '../contexts/store';

let installation: TestInstallation;
let worker: Running;
let env: Record<string, string>;
/** An address where no server listens. */
let closedPort: string;
let nowhere: string;

beforeAll(async () => {
  installation = await openTestInstallation({ timezone: 'UTC', worker: false });
  worker = await installation.startWorker();
  env = doctorEnv(installation);
  closedPort = String(await freePort());
  nowhere = `http://127.0.0.1:${closedPort}`;
  await keepSecret();
  await until('the sweep has run', async () => ((await findSchedule())?.info.recentActions.length ?? 0) > 0);
});
afterAll(() => installation.close());

const sweep = () => installation.operator.client.schedule.getHandle(`${installation.taskQueue}-sweep`);

/** The schedule as the list of all has it, which is a moment behind. */
async function findSchedule(): Promise<ScheduleSummary | undefined> {
  for await (const schedule of installation.operator.client.schedule.list({
    query: `ScheduleId = '${installation.taskQueue}-sweep'`,
  }))
    return schedule;
  return undefined;
}

/** A tenant's secret in the master database, sealed by the worker's key. */
async function keepSecret(): Promise<void> {
  const db = createMasterClient(installation.workerMasterUrl);
  const name = newName();
  const { id: tenantId } = await db.tenant.create({ data: { name, ...tenantNames(name), status: 'active' } });
  await createSecretStore(db, readSecretKeys(installation.info.secretsKey)).keep(
    { tenantId, backend: 'postgres', name: 'password' },
    'hunter22',
  );
  await db.$disconnect();
}

describe('an installation that is well', () => {
  test('every check is ok: exit code 0', async () => {
    const { code, lines } = await doctor(installation, env);
    expect({ code, others: Object.entries(lines).filter(([, { status }]) => status !== 'ok') }).toEqual({
      code: 0,
      others: [],
    });
    expect(Object.keys(lines)).toHaveLength(55);
    expect(Object.values(lines).filter(({ advice }) => advice !== '')).toEqual([]);
    expect(lines).toMatchObject({
      'master.secrets': { seen: 'a stored secret opens' },
      'temporal.sweep': { seen: expect.stringMatching(/-sweep ran \d+ s ago$/) },
      'temporal.reconciler': { seen: expect.stringMatching(/-reconcile (has not run yet, runs in|ran) \d+ (s|min)/) },
      'temporal.workers': { seen: `1 on queue ${installation.taskQueue}` },
      ...Object.fromEntries(
        BACKEND_KINDS.map((kind) => [
          `temporal.${kind}-workers`,
          { seen: `1 on queue ${installation.taskQueue}-${kind}` },
        ]),
      ),
      'keycloak.version': { seen: '26.7.5' },
    });
  });

  test('is told in groups, a line for each check, without colours and secrets', async () => {
    const ended = await freeflow(['doctor'], { ...env, CI: 'true' });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/^FreeFlow\n {2}ok {4}node\.version {16}\d/);
    expect(ended.stdout).toMatch(
      /\nPostgreSQL\n {2}ok {4}postgres\.connection {9}role freeflow_provisioner at 127\.0\.0\.1:\d+\n/,
    );
    expect(ended.stdout).toMatch(/\n55 ok\n$/);
    expect(ended.stdout).not.toContain('\u001b');
    expect(secretsIn(ended, installation.info)).toEqual([]);
  });

  test('the local stack is found by itself; what it runs without is not checked', async () => {
    const { lines } = await doctor(installation, {});
    expect(those(lines, 'ok')).toEqual(
      expect.arrayContaining([
        'identity.token',
        'temporal.connection',
        'postgres.provisioner',
        'mongodb.provisioner',
        'qdrant.rbac',
        'keycloak.no-admin',
      ]),
    );
    expect(lines['api.ready']).toEqual({
      status: 'skip',
      seen: 'not checked: the local stack runs servers only',
      advice: '',
    });
  });

  test('while a context of another installation is in use, its API and that login are checked, and not the local stack', async () => {
    const { apiUrl, info } = installation;
    const login = await grantClientCredentials(info.auth);
    const FREEFLOW_CONFIG_DIR = mkdtempSync(path.join(tmpdir(), 'freeflow-contexts-'));
    const keep = (accessToken: string) =>
      changeContexts(
        { FREEFLOW_CONFIG_DIR },
        putContext('production', {
          apiUrl,
          issuer: info.auth.issuer,
          clientId: 'cli',
          accessToken,
          expiresAt: '2999-01-01T00:00:00.000Z',
        }),
      );
    await keep(login.value);
    const inUse = { FREEFLOW_CONFIG_DIR, FREEFLOW_CONTEXT: 'production', FREEFLOW_STACK_DIR: '' };
    const { code, lines } = await doctor(installation, inUse);
    expect(those(lines, 'ok')).toEqual(['node.version', 'api.ready', 'api.clock', 'login.accepted']);
    expect(lines['api.ready']?.seen).toBe(`ready at ${apiUrl}`);
    expect(lines['postgres.connection']).toEqual({
      status: 'skip',
      seen: 'not checked: context production is in use, which tells the API alone',
      advice: '',
    });
    expect(code).toBe(0);
    await keep('not a token');
    expect(failures((await doctor(installation, inUse)).lines)).toEqual({
      'login.accepted': expect.stringMatching(/^the API answers 401/),
    });
    rmSync(FREEFLOW_CONFIG_DIR, { recursive: true });
  });

  test('what is not set is not checked, and does not count', async () => {
    const { code, lines } = await doctor(installation, {
      MONGODB_ADMIN_URL: installation.info.mongodb.provisionerUrl,
      MASTER_DATABASE_URL: installation.workerMasterUrl,
    });
    expect(code).toBe(0);
    expect(lines).toMatchObject({
      'mongodb.provisioner': { status: 'ok' },
      'postgres.connection': { status: 'skip', seen: 'not checked: set POSTGRES_ADMIN_URL' },
      'identity.token': {
        status: 'skip',
        seen: 'not checked: set FREEFLOW_TOKEN_URL, FREEFLOW_CLIENT_ID, FREEFLOW_CLIENT_SECRET',
      },
      'master.migrations': { status: 'skip', seen: expect.stringContaining('set MASTER_OWNER_URL') },
    });
  });
});

const at = (url: string, change: Partial<URL>) => Object.assign(new URL(url), change).href;

/**
 * What is wrong, and for each check that fails by it: what it says, what it advises, and what is not checked because of
 * it.
 */
type Case = [
  what: string,
  change: () => Record<string, string>,
  failing: Record<string, [seen: RegExp, advice: RegExp, because: string[]]>,
];

describe('what is wrong fails by its name, and hides nothing else: exit code 1', () => {
  const [refused, isItUp] = [/ECONNREFUSED|Failed to connect before the deadline/, /Is it up/];
  const ofMaster = [
    'master.migrations',
    'master.rights',
    'master.secrets',
    'master.pools',
    'master.version',
    'master.clock',
    'master.sessions',
    'master.vault',
  ];
  const ofTemporal = [
    'temporal.version',
    'temporal.search-attributes',
    'temporal.sweep',
    'temporal.reconciler',
    'temporal.workers',
    'temporal.versions',
    ...BACKEND_KINDS.map((kind) => `temporal.${kind}-workers`),
    'temporal.webhook-workers',
  ];
  const ofPostgres = [
    'postgres.provisioner',
    'postgres.closed',
    'postgres.reserve',
    'postgres.version',
    'postgres.clock',
    'postgres.sessions',
  ];
  const ofMongo = ['mongodb.provisioner', 'mongodb.version', 'mongodb.clock'];
  const ofQdrant = ['qdrant.key-length', 'qdrant.wrong-key', 'qdrant.rbac', 'qdrant.version', 'qdrant.clock'];
  const ofLogin = [
    'keycloak.token',
    'keycloak.account',
    'keycloak.create-realm',
    'keycloak.no-admin',
    'keycloak.clock',
  ];
  const ofKeycloak = ['keycloak.login', ...ofLogin, 'keycloak.version'];
  const ofToken = ['identity.permission', 'identity.accepted', 'identity.clock'];

  const cases: Case[] = [
    [
      'some servers are away',
      () => ({
        FREEFLOW_API_URL: nowhere,
        POSTGRES_ADMIN_URL: at(installation.info.postgres.provisionerUrl, { port: closedPort }),
        QDRANT_URL: nowhere,
      }),
      {
        'api.ready': [refused, isItUp, ['api.clock', 'identity.accepted']],
        'postgres.connection': [refused, isItUp, ofPostgres],
        'qdrant.connection': [refused, isItUp, ofQdrant],
      },
    ],
    [
      'the others are away',
      () => ({
        FREEFLOW_WORKER_URL: nowhere,
        FREEFLOW_TOKEN_URL: nowhere,
        MASTER_DATABASE_URL: at(installation.workerMasterUrl, { port: closedPort }),
        TEMPORAL_ADDRESS: `127.0.0.1:${closedPort}`,
        MONGODB_ADMIN_URL: at(installation.info.mongodb.provisionerUrl, { port: closedPort }),
        KEYCLOAK_URL: nowhere,
      }),
      {
        'worker.ready': [refused, isItUp, ['worker.clock']],
        'identity.token': [/does not answer/, /Check that the identity provider is up/, ofToken],
        'master.connection': [refused, isItUp, ofMaster],
        'temporal.connection': [refused, isItUp, ofTemporal],
        'mongodb.connection': [refused, isItUp, ofMongo],
        'keycloak.connection': [refused, isItUp, ofKeycloak],
      },
    ],
    [
      'every secret is another one',
      () => ({
        FREEFLOW_CLIENT_SECRET: 'hunter22',
        SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
        QDRANT_API_KEY: 'hunter22'.repeat(4),
        KEYCLOAK_CLIENT_SECRET: 'hunter22',
        POSTGRES_ADMIN_URL: at(installation.info.postgres.provisionerUrl, { password: 'hunter22' }),
        MONGODB_ADMIN_URL: at(installation.info.mongodb.provisionerUrl, { password: 'hunter22' }),
      }),
      {
        'identity.token': [/answers 401/, /FREEFLOW_CLIENT_SECRET/, ofToken],
        'master.secrets': [/wrapped by key [0-9a-f]{16}, which is neither/, /environment of the worker/, []],
        'postgres.connection': [/password authentication failed/, /Check POSTGRES_ADMIN_URL/, ofPostgres],
        'mongodb.connection': [/Authentication failed/, /Check MONGODB_ADMIN_URL/, ofMongo],
        'qdrant.connection': [/the API key is refused/, /QDRANT_API_KEY/, ofQdrant],
        'keycloak.login': [/answers 401/, /KEYCLOAK_CLIENT_SECRET/, ofLogin],
      },
    ],
    [
      'names of nothing, and a server in place of another',
      () => ({
        FREEFLOW_API_URL: installation.info.qdrant.url,
        FREEFLOW_WORKER_URL: installation.apiUrl,
        MASTER_DATABASE_URL: inDatabase(installation.workerMasterUrl, 'freeflow_never'),
        TEMPORAL_NAMESPACE: 'freeflow-never',
        KEYCLOAK_REALM: 'freeflow-never',
      }),
      {
        'api.ready': [/not as the API does/, /FREEFLOW_API_URL/, ['api.clock', 'identity.accepted']],
        'master.connection': [/no database freeflow_never/, /db:migrate/, ofMaster],
        'temporal.connection': [/no namespace freeflow-never/, /TEMPORAL_NAMESPACE/, ofTemporal],
        'keycloak.connection': [/answers 404 to realm freeflow-never/, /KEYCLOAK_REALM/, ofKeycloak],
      },
    ],
    [
      'a key that is none, and a token without the permission',
      () => ({ SECRETS_KEY: 'hunter22', AUTH_PERMISSIONS_CLAIM: 'rights' }),
      {
        'identity.permission': [/claim rights does not hold system:\*/, /identity provider/, []],
        'master.secrets': [/SECRETS_KEY must be base64 of exactly 32 bytes/, /environment of the worker/, []],
      },
    ],
  ];
  test.each(cases)('%s', async (what, change, failing) => {
    const isAway = what.includes('are away');
    const { code, lines } = await (isAway ? doctorProcess : doctor)(installation, { ...env, ...change() });
    const because = Object.values(failing).flatMap(([, , all]) => all);
    expect({ code, failing: failures(lines), because: those(lines, 'skip').toSorted() }).toEqual({
      code: 1,
      failing: Object.fromEntries(
        Object.entries(failing).map(([check, [seen]]) => [check, expect.stringMatching(seen)]),
      ),
      because: [...new Set(because)].toSorted(),
    });
    for (const [check, [, advice]] of Object.entries(failing)) expect(lines[check]?.advice).toMatch(advice);
    for (const check of because) expect(lines[check]?.seen).toMatch(/^not checked because [a-z.-]+ (failed|was not)$/);
  });

  test('a server that takes connections and says nothing, by the time limit', async () => {
    const { hostname, port } = new URL(installation.info.mongodb.provisionerUrl);
    const proxy = await startProxy(hostname, Number(port));
    // Longer than a test may take: only a limit of its own ends the check in time.
    proxy.stall(600_000);
    try {
      const { code, lines } = await doctor(installation, {
        ...env,
        MONGODB_ADMIN_URL: at(installation.info.mongodb.provisionerUrl, { port: String(proxy.port) }),
      });
      expect({ code, failing: Object.keys(failures(lines)) }).toEqual({ code: 1, failing: ['mongodb.connection'] });
      expect(lines['mongodb.connection']?.advice).toMatch(/Is it up/);
    } finally {
      await proxy.close();
    }
  });

  test('an API that takes tokens of another issuer only', async () => {
    const other = await openApiBench();
    try {
      const { code, lines } = await doctor(installation, { ...env, FREEFLOW_API_URL: other.url });
      expect({ code, failing: failures(lines) }).toEqual({
        code: 1,
        failing: { 'identity.accepted': expect.anything() },
      });
      expect(lines['identity.accepted']).toMatchObject({
        seen: expect.stringMatching(/answers 401: The token/),
        advice: expect.stringContaining('AUTH_ISSUER'),
      });
    } finally {
      await other.close();
    }
  });
});

describe('the master database', () => {
  test('one that is not migrated: what is missing, and that the roles have no rights', async () => {
    const database = `freeflow_master_${newName()}`;
    await asPostgres(installation.info, `CREATE DATABASE ${database} TEMPLATE template0`);
    try {
      const urls = {
        MASTER_DATABASE_URL: inDatabase(installation.workerMasterUrl, database),
        MASTER_OWNER_URL: inDatabase(installation.masterUrl, database),
      };
      const { code, lines } = await doctor(installation, { ...env, ...urls });
      expect({ code, failing: failures(lines) }).toEqual({
        code: 1,
        failing: {
          'master.migrations': expect.anything(),
          'master.rights': expect.anything(),
          'master.secrets': expect.anything(),
          'master.pools': expect.anything(),
          'postgres.closed': expect.anything(),
        },
      });
      expect(lines['master.migrations']?.seen).toMatch(/^20261123000000_init is missing; /);
      expect(lines['master.rights']?.seen).toMatch(
        /^everybody may connect; freeflow_api lacks SELECT on Tenant;.* and \d+ more$/,
      );
      expect(lines['postgres.closed']?.seen).toContain(`may connect to ${database}`);
      const byWorker = await doctor(installation, { MASTER_DATABASE_URL: urls.MASTER_DATABASE_URL });
      expect(byWorker.lines['master.migrations']).toMatchObject({ status: 'fail' });
    } finally {
      await asPostgres(installation.info, `DROP DATABASE ${database} WITH (FORCE)`);
    }
  });

  test('a webhook whose secret the worker can not open', async () => {
    const id = await insertWebhook(installation.master, 'https://example.com/');
    try {
      expect(failures((await doctor(installation, env)).lines)).toEqual({
        'master.secrets': expect.stringMatching(
          new RegExp(`webhook/${id} is sealed by key [0-9a-f]{16}, which is neither`),
        ),
      });
    } finally {
      await installation.master.query('DELETE FROM "Webhook"');
    }
  });

  test('a migration of a newer version, and a right too much', async () => {
    const { master } = installation;
    await master.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'x', '29990101000000_later', now()); GRANT DELETE ON "Tenant" TO freeflow_api`,
    );
    try {
      const { code, lines } = await doctor(installation, env);
      expect({ code, failing: failures(lines) }).toEqual({
        code: 1,
        failing: { 'master.migrations': expect.anything(), 'master.rights': expect.anything() },
      });
      expect(lines['master.migrations']).toMatchObject({
        seen: '29990101000000_later is not of this version of FreeFlow',
        advice: expect.stringMatching(/version of FreeFlow/),
      });
      expect(lines['master.rights']?.seen).toBe('freeflow_api has DELETE on Tenant');
    } finally {
      await master.query(`DELETE FROM _prisma_migrations WHERE id = 'x'; REVOKE DELETE ON "Tenant" FROM freeflow_api`);
    }
  });

  test("its owner's login in the worker's hands: a warning, exit code 0", async () => {
    const { code, lines } = await doctor(installation, { ...env, MASTER_DATABASE_URL: installation.masterUrl });
    expect({ code, warned: those(lines, 'warn') }).toEqual({ code: 0, warned: ['master.connection'] });
  });
});

describe('Temporal', () => {
  test('a paused sweep, with the note of who paused it', async () => {
    await sweep().pause('for a while');
    await until('the list has it', async () => (await findSchedule())?.state.paused);
    try {
      const { code, lines } = await doctor(installation, env);
      expect({ code, failing: failures(lines) }).toEqual({ code: 1, failing: { 'temporal.sweep': expect.anything() } });
      expect(lines['temporal.sweep']).toMatchObject({
        seen: expect.stringMatching(/is paused: for a while$/),
        advice: expect.stringContaining(`--schedule-id ${installation.taskQueue}-sweep --unpause`),
      });
    } finally {
      await sweep().unpause();
      await until('the list has it', async () => (await findSchedule())?.state.paused === false);
    }
  });

  test('a queue that no worker polls, and no schedules there', async () => {
    const { code, lines } = await doctor(installation, { ...env, TASK_QUEUE: 'freeflow-never' });
    expect({ code, failing: failures(lines) }).toEqual({
      code: 1,
      failing: {
        'temporal.sweep': expect.anything(),
        'temporal.reconciler': expect.anything(),
        'temporal.workers': expect.anything(),
        ...Object.fromEntries(BACKEND_KINDS.map((kind) => [`temporal.${kind}-workers`, expect.anything()])),
        'temporal.webhook-workers': 'no worker polls queue freeflow-never-webhooks for activities',
      },
    });
    expect(lines['temporal.workers']?.seen).toBe('no worker polls queue freeflow-never for workflows and activities');
    expect(lines['temporal.keycloak-workers']?.seen).toBe(
      'no worker polls queue freeflow-never-keycloak for activities',
    );
    expect(lines['temporal.sweep']?.seen).toBe('there is no schedule freeflow-never-sweep');
    expect(lines['temporal.reconciler']?.seen).toBe('there is no schedule freeflow-never-reconcile');
  });

  test('a namespace without search attributes, then with one of another type', async () => {
    const namespace = `doctor-${newName()}`;
    const {
      client: { connection },
    } = installation.operator;
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    try {
      const seen = async () =>
        (await doctor(installation, { ...env, TEMPORAL_NAMESPACE: namespace })).lines['temporal.search-attributes'];
      const before = await until(
        'the namespace is known everywhere',
        async () => (await seen())?.status === 'fail' && seen(),
      );
      expect(before?.seen).toBe(
        'TenantName is not registered; OperationKind is not registered; OperationState is not registered; StuckStep is not registered',
      );
      await connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: { TenantName: 4, OperationKind: 2, OperationState: 2, StuckStep: 7 },
      });
      const after = await until('they are known everywhere', async () => {
        const line = await seen();
        return line?.seen.includes('registered') === false && line;
      });
      expect(after).toEqual({
        status: 'fail',
        seen: 'TenantName is not of the type KEYWORD',
        advice: expect.stringContaining('search-attribute remove'),
      });
    } finally {
      await connection.operatorService.deleteNamespace({ namespace });
    }
  });
});

describe('a clock that is wrong', () => {
  /** The installation's API behind a server that says another time. */
  async function withClock<T>(aheadMs: number, use: (url: string) => Promise<T>): Promise<T> {
    const server = createServer(
      (request, response) =>
        void fetch(`${installation.apiUrl}${request.url}`, {
          headers: { authorization: request.headers.authorization ?? '' },
        }).then(async (answer) => {
          response
            .writeHead(answer.status, {
              date: new Date(Date.now() + aheadMs).toUTCString(),
              'content-type': 'application/json',
            })
            .end(await answer.text());
        }),
    );
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    try {
      return await use(`http://127.0.0.1:${port}`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }
  const cases: [number, string, number, RegExp][] = [
    [40_000, 'fail', 1, /^(39|40)\.\d s ahead of ours$/],
    [-40_000, 'fail', 1, /^(38|39|40)\.\d s behind ours$/],
    [10_000, 'warn', 0, /^(8|9|10)\.\d s ahead of ours$/],
    [0, 'ok', 0, /^as ours$/],
  ];
  test.each(cases)('by %i ms: %s', async (aheadMs, status, code, seen) => {
    await withClock(aheadMs, async (url) => {
      const ended = await doctor(installation, { ...env, FREEFLOW_API_URL: url });
      expect({ code: ended.code, failing: Object.keys(failures(ended.lines)), line: ended.lines['api.clock'] }).toEqual(
        {
          code,
          failing: status === 'fail' ? ['api.clock'] : [],
          line: { status, seen: expect.stringMatching(seen), advice: expect.any(String) },
        },
      );
    });
  });
});

describe('other ends', () => {
  test('where nothing at all can be reached: 4', async () => {
    const { code, lines } = await doctorProcess(installation, {
      ...env,
      FREEFLOW_API_URL: nowhere,
      FREEFLOW_WORKER_URL: nowhere,
      FREEFLOW_TOKEN_URL: nowhere,
      MASTER_DATABASE_URL: at(installation.workerMasterUrl, { port: closedPort }),
      TEMPORAL_ADDRESS: `127.0.0.1:${closedPort}`,
      POSTGRES_ADMIN_URL: at(installation.info.postgres.provisionerUrl, { port: closedPort }),
      MONGODB_ADMIN_URL: at(installation.info.mongodb.provisionerUrl, { port: closedPort }),
      QDRANT_URL: nowhere,
      KEYCLOAK_URL: nowhere,
    });
    expect({ code, ok: those(lines, 'ok') }).toEqual({ code: 4, ok: ['node.version'] });
    expect(those(lines, 'fail')).toHaveLength(9);
  });

  const cases: [string, Record<string, string>, string[], number, RegExp][] = [
    [
      'no stack and no variable',
      { FREEFLOW_STACK_DIR: '/nonexistent' },
      [],
      4,
      /^No local stack runs\.\nStart one with npm start, or set the variables/,
    ],
    [
      'variables that are no URLs, all of them named',
      { POSTGRES_ADMIN_URL: 'hunter22', MONGODB_ADMIN_URL: 'hunter22', KEYCLOAK_URL: 'http://u:hunter22@kc' },
      [],
      2,
      /^POSTGRES_ADMIN_URL must be .*\nMONGODB_ADMIN_URL must be .*\nKEYCLOAK_URL must be/,
    ],
    ['an argument too many', {}, ['postgres'], 2, /too many arguments/],
    ['an unknown option', {}, ['--jsno'], 2, /Did you mean --json/],
  ];
  test.each(cases)('%s', async (_what, variables, args, code, said) => {
    const ended = await freeflowHere(['doctor', ...args], variables);
    expect(ended).toEqual({ code, stdout: '', stderr: expect.stringMatching(said) });
    expect(ended.stderr).not.toContain('hunter22');
  });

  test('variables that name no server: 2, for nothing was checked', async () => {
    expect(await doctor(installation, { SECRETS_KEY: installation.info.secretsKey })).toMatchObject({
      code: 2,
      lines: { 'master.secrets': { seen: 'not checked: set MASTER_DATABASE_URL' } },
    });
  });
});

// The last one: nobody goes on after it.
test('a worker that was stopped does not answer', async () => {
  expect((await doctor(installation, env)).lines['worker.ready']).toMatchObject({ status: 'ok' });
  await worker.stop();
  const { code, lines } = await doctorProcess(installation, env);
  expect(code).toBe(1);
  expect(lines['worker.ready']).toMatchObject({ status: 'fail', seen: expect.stringContaining('ECONNREFUSED') });
});
