import { readFileSync } from 'node:fs';
import { readStackInfo } from '../../stack/stack-info';
import { newName } from '../support/activity-harness';
import { envOf, freeflow } from '../support/freeflow';
import { openTestInstallation, type TestInstallation } from '../support/installation';
import { TEST_STACK } from '../support/master';
import { createTenant, deleteTenant } from '../support/tenants';
import { makeCertificates, type Certificates } from './certificates';
import { openGate, type GrpcGate } from './grpc-gate';
import { openOwnTemporal, type OwnTemporal } from './own-temporal';

// As Temporal Cloud is met: by TLS of both sides and an API key, and without a right to administer anything.

const API_KEY = 'hunter22-api-key';
const NAMESPACE = 'freeflow.a1b2c';
const ADMINISTERS = /OperatorService|\/(?:Register|Update)Namespace$/;

let certificates: Certificates;
let temporal: OwnTemporal;
let gate: GrpcGate;
let installation: TestInstallation;
let env: Record<string, string>;

beforeAll(async () => {
  const info = readStackInfo(TEST_STACK);
  certificates = await makeCertificates();
  temporal = await openOwnTemporal(info);
  const own = await temporal.newNamespace(NAMESPACE);
  const isRefused = (path: string, headers: Record<string, unknown>) =>
    headers['authorization'] !== `Bearer ${API_KEY}` || ADMINISTERS.test(path);
  gate = await openGate(temporal.port, isRefused, {
    cert: readFileSync(certificates.cert),
    key: readFileSync(certificates.key),
    ca: readFileSync(certificates.ca),
    requestCert: true,
    rejectUnauthorized: true,
  });
  env = {
    TEMPORAL_ADDRESS: gate.address.replace('127.0.0.1', 'localhost'),
    TEMPORAL_NAMESPACE: NAMESPACE,
    TEMPORAL_API_KEY: API_KEY,
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.ca,
    TEMPORAL_TLS_CLIENT_CERT_PATH: certificates.cert,
    TEMPORAL_TLS_CLIENT_KEY_PATH: certificates.key,
  };
  installation = await openTestInstallation({ info: own, worker: env, api: env });
});
afterAll(async () => {
  await installation.close();
  await gate.close();
  await temporal.close();
  certificates.close();
});

test('API and worker reach Temporal by TLS of both sides and an API key', async () => {
  const { id, status } = await createTenant(installation, newName('c'));
  expect(status).toBe('active');
  expect((await deleteTenant(installation, id)).status).toBe('deleted');
});

test('doctor finds it in order by the same variables, but for the search attributes that an administrator has to add', async () => {
  const { stdout } = await freeflow(['doctor', '--json'], {
    ...envOf(installation),
    ...env,
    TASK_QUEUE: installation.taskQueue,
  });
  const lines = (JSON.parse(stdout) as { check: string; status: string; seen: string }[]).filter(({ check }) =>
    check.startsWith('temporal.'),
  );
  expect(lines.filter(({ status }) => status !== 'ok').map(({ check }) => check)).toEqual([
    'temporal.search-attributes',
  ]);
});

test('`setup temporal` says what an administrator has to do, by commands, and ends with 1', async () => {
  const { code, stdout } = await freeflow(['setup', 'temporal', '--retention', '14d'], env);
  expect(code).toBe(1);
  expect(stdout).toContain(`tcld namespace retention set --namespace ${NAMESPACE} --retention-days 14`);
  expect(stdout).toContain(`--search-attribute "TenantName=Keyword"`);
  expect(stdout).toContain(`--search-attribute "StuckStep=KeywordList"`);
  expect(stdout).not.toContain(API_KEY);
});

test.each([
  ['without the client certificate', ['TEMPORAL_TLS_CLIENT_CERT_PATH', 'TEMPORAL_TLS_CLIENT_KEY_PATH'], 4],
  ['without trust in its authority', ['TEMPORAL_TLS_SERVER_CA_CERT_PATH'], 4],
  ['without the API key', ['TEMPORAL_API_KEY'], 1],
] as const)('%s nobody is let in', async (_, left, code) => {
  const less = Object.fromEntries(Object.entries(env).filter(([name]) => !(left as readonly string[]).includes(name)));
  expect(await freeflow(['setup', 'temporal'], less)).toMatchObject({ code, stdout: '' });
});
