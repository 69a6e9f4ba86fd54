import { BACKEND_KINDS } from '@freeflow/contract';
import { createMasterClient } from '@freeflow/db-master';
import { decodeJwt } from 'jose';
import { masterFaultType } from '../../activities/master-fault';
import { TenantLock } from '../../activities/tenant-lock';
import { messageOf } from '../../backends/failures';
import { readStackInfo, workerEnv } from '../../stack/stack-info';
import { newName, openActivityHarness, type ActivityHarness } from '../support/activity-harness';
import { freeflow } from '../support/freeflow';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { inDatabase, TEST_STACK } from '../support/master';
import { withMongo, withPostgres } from '../support/outside';
import { change, createTenant, deleteTenant, type Tenant } from '../support/tenants';
import { askHttps } from './https';
import { openTlsServers, type TlsServers } from './tls-servers';

type Shown = Record<string, Record<string, string>>;

/** Two servers, a product and a tenant are made first: on a busy machine that takes longer than a test may. */
const START_MS = 300_000;

let servers: TlsServers;
let installation: TestInstallation;
let tenant: Tenant;
let shown: Shown;
let trust: Record<string, string>;

beforeAll(async () => {
  const shared = readStackInfo(TEST_STACK);
  servers = await openTlsServers(shared);
  trust = { NODE_EXTRA_CA_CERTS: servers.certificates.ca };
  installation = await openTestInstallation({ info: servers.info, masterOn: shared, worker: trust });
  tenant = await createTenant(installation, newName());
  const { stdout, stderr } = await freeflow(['tenants', 'connect', tenant.name, '--json'], {
    ...trust,
    MASTER_DATABASE_URL: installation.workerMasterUrl,
    SECRETS_KEY: installation.info.secretsKey,
    KEYCLOAK_URL: installation.info.keycloak.url,
    FREEFLOW_STACK_DIR: '/nonexistent',
  });
  if (stdout === '') throw new Error(stderr);
  shown = JSON.parse(stdout) as Shown;
}, START_MS);
afterAll(async () => {
  await installation.close();
  await servers.close();
});

const field = (backend: string, name: string): string => shown[backend]?.[name] ?? '';

/** As the tenant's application, by what was printed and nothing else. `in`, or the code of the refusal. */
const VISITS: Record<string, () => Promise<unknown>> = {
  postgres: () =>
    withPostgres(field('postgres', 'url'), async (client) => {
      const { rows } = await client.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
      if (rows[0]?.ssl !== true) throw new Error('not by TLS');
    }),
  mongodb: () => withMongo(field('mongodb', 'url'), (client) => client.db().collection('things').insertOne({ n: 42 })),
  qdrant: async () =>
    refuse(
      await askHttps(
        `${field('qdrant', 'url')}/collections/${field('qdrant', 'collection')}`,
        servers.certificates.ca,
        { headers: { 'api-key': field('qdrant', 'apiKey') } },
      ),
    ),
  keycloak: async () => {
    const answer = await token();
    refuse(answer);
    expect(decodeJwt((JSON.parse(answer.text) as { access_token: string }).access_token).iss).toBe(
      field('keycloak', 'issuer'),
    );
  },
};

/** The proxy's address, since this Keycloak gives its own, without TLS, as that of its tokens. */
const token = () =>
  askHttps(
    `${field('keycloak', 'url')}/realms/${field('keycloak', 'realm')}/protocol/openid-connect/token`,
    servers.certificates.ca,
    {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: field('keycloak', 'clientId'),
        client_secret: field('keycloak', 'clientSecret'),
      }).toString(),
    },
  );

function refuse({ status, text }: { status: number; text: string }): void {
  if (status !== 200) throw Object.assign(new Error(text), { status });
}

async function visitAll(): Promise<Record<string, string>> {
  const answers = await Promise.all(
    Object.entries(VISITS).map(async ([backend, visit]) => [backend, await visit().then(() => 'in', codeOf)] as const),
  );
  return Object.fromEntries(answers);
}

const codeOf = (error: unknown): string => {
  const { code, status, message } = error as { code?: string | number; status?: number; message: string };
  return String(code ?? status ?? message);
};

const IN = { postgres: 'in', mongodb: 'in', qdrant: 'in', keycloak: 'in' };

test('a tenant is made, tried out and activated where every server is reached by TLS alone', () => {
  expect(tenant).toMatchObject({ status: 'active', operation: { state: 'done' } });
});

test('what is printed for it has the TLS, the hosts and the replica set of the servers, and connects as it stands', async () => {
  const { ca } = servers.certificates;
  expect(shown).toMatchObject({
    postgres: { host: 'localhost', sslmode: 'verify-full', sslrootcert: ca },
    mongodb: { host: 'localhost', tls: 'true', tlsCAFile: ca, replicaSet: 'rs0' },
    qdrant: { url: installation.info.qdrant.url },
  });
  expect(field('mongodb', 'hosts').split(',')).toHaveLength(2);
  expect(await visitAll()).toEqual(IN);
});

test('without TLS the same credentials get nowhere: it is the printed options that open the way', async () => {
  const bare = (url: string) => url.replace(/\?.*/, '');
  expect(await withPostgres(bare(field('postgres', 'url')), async () => 'in').catch(codeOf)).toBe('28000');
});

test('it is suspended, resumed and deleted there like anywhere else', async () => {
  expect(await change(installation, tenant.id, 'suspend')).toMatchObject({ status: 'suspended' });
  expect(await visitAll()).toEqual({ postgres: '28000', mongodb: '18', qdrant: '401', keycloak: '403' });
  expect(await change(installation, tenant.id, 'resume')).toMatchObject({ status: 'active' });
  expect(await visitAll()).toEqual(IN);
  expect(await deleteTenant(installation, tenant.id)).toMatchObject({
    status: 'deleted',
    operation: { state: 'done' },
  });
});

describe('where the authority of their certificates is not trusted', () => {
  /** How Node calls that. */
  const UNTRUSTED =
    /self-signed certificate in certificate chain|unable to verify the first certificate|unable to get local issuer certificate/i;

  let harness: ActivityHarness;
  /** The worker's variables, without anything that would make it trust them. */
  let env: Record<string, string>;

  beforeAll(async () => {
    const given = workerEnv(servers.info);
    env = {
      ...given,
      POSTGRES_ADMIN_URL: without(given['POSTGRES_ADMIN_URL'], 'sslrootcert'),
      MONGODB_ADMIN_URL: without(given['MONGODB_ADMIN_URL'], 'tlsCAFile'),
    };
    const { MASTER_DATABASE_URL: _own, ...others } = env;
    harness = await openActivityHarness(others);
  });
  afterAll(() => harness.close());

  const without = (url = '', option: string): string => url.replace(new RegExp(`&${option}=[^&]*`), '');

  test.each(BACKEND_KINDS)('%s: a step tells an untrusted certificate in those words, and what to do', async (kind) => {
    const tenant = await harness.newTenant();
    const failure = await harness.run(`${kind}.create`, tenant).then(
      () => undefined,
      (error: unknown) => error as { type: string; message: string; details: { advice: string }[] },
    );
    expect(failure).toMatchObject({
      type: 'certificate',
      message: expect.stringMatching(UNTRUSTED),
      details: [{ advice: expect.stringContaining('NODE_EXTRA_CA_CERTS') }],
    });
  });

  test('the master database: its lock session and its client tell it so too', async () => {
    const url = inDatabase(env['POSTGRES_ADMIN_URL'] ?? '', 'freeflow_master');
    const [lock, db] = [new TenantLock(url), createMasterClient(url, { maxConnections: 1 })];
    const failed = (error: unknown) => error;
    const refusal = await lock
      .hold('x/postgres', 1_000, new AbortController().signal, async () => undefined)
      .catch(failed);
    expect(refusal).toMatchObject({ type: 'certificate', message: expect.stringMatching(UNTRUSTED) });
    const failure = await db.tenant.count().catch(failed);
    expect({ type: masterFaultType(failure), message: messageOf(failure) }).toEqual({
      type: 'certificate',
      message: expect.stringMatching(UNTRUSTED),
    });
    await Promise.all([lock.close(), db.$disconnect()]);
  });

  describe('doctor', () => {
    let checks: Map<string, { status: string; seen: string; advice: string }>;
    beforeAll(async () => {
      const { stdout } = await freeflow(['doctor', '--json'], {
        ...env,
        MASTER_DATABASE_URL: inDatabase(env['POSTGRES_ADMIN_URL'] ?? '', 'freeflow_master'),
        FREEFLOW_STACK_DIR: '/nonexistent',
      });
      const report = JSON.parse(stdout) as { check: string; status: string; seen: string; advice: string }[];
      checks = new Map(report.map((it) => [it.check, it]));
    });

    test.each(['master', ...BACKEND_KINDS])(
      '%s.connection names the certificate, and does not ask whether the server is up',
      (name) => {
        expect(checks.get(`${name}.connection`)).toMatchObject({
          seen: expect.stringMatching(UNTRUSTED),
          advice: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
        });
      },
    );
  });

  test('setup backends names it for each backend', async () => {
    const owners = {
      POSTGRES_OWNER_URL: without(servers.info.postgres.url, 'sslrootcert'),
      MONGODB_OWNER_URL: without(servers.info.mongodb.url, 'tlsCAFile'),
      KEYCLOAK_URL: servers.info.keycloak.url,
      KEYCLOAK_OWNER_CLIENT_ID: 'x',
      KEYCLOAK_OWNER_CLIENT_SECRET: 'x',
    };
    const { code, stdout, stderr } = await freeflow(['setup', 'backends'], owners);
    expect(code).toBe(1);
    for (const title of ['PostgreSQL', 'MongoDB', 'Keycloak'])
      expect(stdout + stderr).toMatch(
        new RegExp(`${title}: its certificate is not trusted: .*(?:${UNTRUSTED.source})`, 'i'),
      );
  });

  test('the command line names it where the master database is behind it', async () => {
    const { code, stderr } = await freeflow(['tenants', 'connect', 'acme'], {
      MASTER_DATABASE_URL: inDatabase(env['POSTGRES_ADMIN_URL'] ?? '', 'freeflow_master'),
      SECRETS_KEY: servers.info.secretsKey,
      KEYCLOAK_URL: servers.info.keycloak.url,
      FREEFLOW_STACK_DIR: '/nonexistent',
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /certificate of the PostgreSQL server at localhost:\d+ is not trusted: [^]*NODE_EXTRA_CA_CERTS/,
      ),
    });
  });
});
