import { readStackInfo, workerEnv } from '../../stack/stack-info';
import { freeflow } from '../freeflow';
import { inDatabase, TEST_STACK } from '../master';
import { openWorkbench, type Workbench } from '../workbench';
import { openTlsServers, type TlsServers } from './tls-servers';

/** How Node calls an authority it doesn't know, and the words for it. */
const UNTRUSTED = /self-signed certificate in certificate chain|unable to verify the first certificate|unable to get local issuer certificate/i;

let servers: TlsServers;
let bench: Workbench;
/** The worker's variables on these servers, without anything that would make it trust them. */
let env: Record<string, string>;

beforeAll(async () => {
  servers = await openTlsServers(readStackInfo(TEST_STACK));
  const given = workerEnv(servers.info);
  env = { ...given, POSTGRES_ADMIN_URL: without(given['POSTGRES_ADMIN_URL'], 'sslrootcert'), MONGODB_ADMIN_URL: without(given['MONGODB_ADMIN_URL'], 'tlsCAFile') };
  const { MASTER_DATABASE_URL: _own, ...others } = env;
  bench = await openWorkbench(others);
});
afterAll(async () => {
  await bench.close();
  await servers.close();
});

const without = (url = '', option: string): string => url.replace(new RegExp(`&${option}=[^&]*`), '');

test.each(['postgres', 'mongodb', 'qdrant', 'keycloak'] as const)('%s: a step tells an untrusted certificate in those words, and what to do', async (kind) => {
  const tenant = await bench.newTenant();
  const failure = await bench.run(`${kind}.create`, tenant).then(() => undefined, (error: unknown) => error as { type: string; message: string; details: { advice: string }[] });
  expect(failure).toMatchObject({ type: 'certificate', message: expect.stringMatching(UNTRUSTED), details: [{ advice: expect.stringContaining('NODE_EXTRA_CA_CERTS') }] });
});

describe('doctor', () => {
  let checks: Map<string, { status: string; seen: string; advice: string }>;
  beforeAll(async () => {
    const { stdout } = await freeflow(['doctor', '--json'], { ...env, MASTER_DATABASE_URL: inDatabase(env['POSTGRES_ADMIN_URL'] ?? '', 'freeflow_master'), FREEFLOW_STACK_DIR: '/nonexistent' });
    const report = JSON.parse(stdout) as { check: string; status: string; seen: string; advice: string }[];
    checks = new Map(report.map((it) => [it.check, it]));
  });

  test.each(['master', 'postgres', 'mongodb', 'qdrant', 'keycloak'])('%s.connection names the certificate, and does not ask whether the server is up', (name) => {
    expect(checks.get(`${name}.connection`)).toMatchObject({ seen: expect.stringMatching(UNTRUSTED), advice: expect.stringContaining('NODE_EXTRA_CA_CERTS') });
  });
});

test('setup backends names it for each backend', async () => {
  const owners = { POSTGRES_OWNER_URL: without(servers.info.postgres.url, 'sslrootcert'), MONGODB_OWNER_URL: without(servers.info.mongodb.url, 'tlsCAFile'), KEYCLOAK_URL: servers.info.keycloak.url, KEYCLOAK_OWNER_CLIENT_ID: 'x', KEYCLOAK_OWNER_CLIENT_SECRET: 'x' };
  const { code, stdout, stderr } = await freeflow(['setup', 'backends'], owners);
  expect(code).toBe(1);
  for (const title of ['PostgreSQL', 'MongoDB', 'Keycloak']) expect(stdout + stderr).toMatch(new RegExp(`${title}: its certificate is not trusted: .*${UNTRUSTED.source}`, 'i'));
});

test('the command line names it where the master database is behind it', async () => {
  const { code, stderr } = await freeflow(['tenants', 'connect', 'acme'], { MASTER_DATABASE_URL: inDatabase(env['POSTGRES_ADMIN_URL'] ?? '', 'freeflow_master'), SECRETS_KEY: servers.info.secretsKey, KEYCLOAK_URL: servers.info.keycloak.url, FREEFLOW_STACK_DIR: '/nonexistent' });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/certificate of the PostgreSQL server at localhost:\d+ is not trusted: [^]*NODE_EXTRA_CA_CERTS/) });
});
