import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig, variablesOf, type Environment } from '@freeflow/lib/config';
import { readTemporalConfig } from '@freeflow/lib/temporal';
import { readApiConfig } from '../../api/config';
import { PROCESSES, type Process } from '../../deploy/chart-schema/settings';
import { migrateVariables } from '../../prisma/migrate-config';
import { projectRoot } from '../../stack/project';
import { readWorkerConfig } from '../../worker/config';
import { describeChart, render, VALUE_SETS, valueSet, type Manifest } from './helm';
import { containerOf, find, podOf, valueOf, withPods, type EnvVar } from './pods';

const KEY = Buffer.alloc(32, 7).toString('base64');

const rendered = render(VALUE_SETS.map(valueSet));
const pods = VALUE_SETS.flatMap((set, at) =>
  withPods(rendered[at]?.objects ?? []).map((it) => ({ set, name: it.metadata.name, it })),
);

const processOf = (it: Manifest) => containerOf(it).name as Process;
const namesOf = (it: Manifest) => containerOf(it).env.map(({ name }) => name);

/** Temporal's own, as @temporalio/envconfig reads them. */
const TEMPORAL = (() => {
  const folder = path.join(projectRoot(), 'lib', 'node_modules', '@temporalio', 'envconfig', 'lib');
  const sources = readdirSync(folder).filter((it) => it.endsWith('.js'));
  const text = sources.map((it) => readFileSync(path.join(folder, it), 'utf8')).join('');
  return new Set(text.match(/\bTEMPORAL_[A-Z_]+\b/g));
})();

/** OpenTelemetry's SDK and Node itself read these. */
const OF_LIBRARIES = /^(OTEL|NODE)_/;

const readMigrateConfig = (env: Environment) => readConfig(migrateVariables, env);

/** What the files hold that a pod's environment names, by the variable. */
const CONTENT: Readonly<Record<string, string>> = {
  MASTER_DATABASE_URL: 'postgresql://u:p@h:5432/freeflow_master',
  MASTER_API_ROLE_PASSWORD: 'p',
  MASTER_WORKER_ROLE_PASSWORD: 'p',
  SECRETS_KEY: KEY,
  SECRETS_OLD_KEYS: KEY,
  POSTGRES_ADMIN_URL: 'postgresql://u:p@h:5432/postgres',
  MONGODB_ADMIN_URL: 'mongodb://u:p@h:27017/?authSource=admin',
  QDRANT_API_KEY: KEY,
  KEYCLOAK_CLIENT_SECRET: 'p',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=p',
};

/** A pod's environment as its process has it, with its files in a folder of this machine. */
function inFolder(env: readonly EnvVar[]): Record<string, string> {
  const at = (file: string) => file.replace('/etc/freeflow', folder);
  return Object.fromEntries(
    env.map(({ name, value = 'from a Secret' }) => {
      // What a vault would say.
      if (value.startsWith('vault://')) return [name, CONTENT[name] ?? ''];
      if (!value.startsWith('/etc/freeflow/')) return [name, value];
      mkdirSync(path.dirname(at(value)), { recursive: true });
      writeFileSync(at(value), CONTENT[name.replace(/_FILE$/, '')] ?? 'a certificate');
      return [name, at(value)];
    }),
  );
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'freeflow-chart-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describeChart('the environment of each pod', () => {
  test('there are some, of each process', () => {
    expect(pods.length).toBeGreaterThan(15);
    expect(new Set(pods.map(({ it }) => processOf(it)))).toEqual(new Set(Object.keys(PROCESSES)));
    expect(TEMPORAL.size).toBeGreaterThan(10);
  });

  test.each(pods)('$set, $name: everything without a default is set, by itself or from a file', ({ it }) => {
    const names = namesOf(it);
    const missing = variablesOf(PROCESSES[processOf(it)])
      .filter(({ isRequired }) => isRequired)
      .filter(({ name, isSecret }) => !names.includes(name) && !(isSecret && names.includes(`${name}_FILE`)));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  test.each(pods)('$set, $name: nothing is set that nobody reads, nothing twice', ({ it }) => {
    const names = namesOf(it);
    // A reference to a vault is no secret, and is followed in the variable itself alone.
    const isReference = (name: string) => valueOf(it, name)?.startsWith('vault://') === true;
    const ours = variablesOf(PROCESSES[processOf(it)]).flatMap(({ name, isSecret }) =>
      isSecret && !isReference(name) ? [`${name}_FILE`] : [name],
    );
    const isTemporals = (name: string) => processOf(it) !== 'migrate' && TEMPORAL.has(name);
    expect(names.filter((name) => !ours.includes(name) && !isTemporals(name) && !OF_LIBRARIES.test(name))).toEqual([]);
    expect(names.length).toBe(new Set(names).size);
  });

  test.each(pods)('$set, $name: the process reads its configuration from it', ({ it }) => {
    const env = inFolder(containerOf(it).env);
    const read = { api: readApiConfig, worker: readWorkerConfig, migrate: readMigrateConfig }[processOf(it)];
    expect(() => read(env)).not.toThrow();
    const { namespace } = processOf(it) === 'migrate' ? {} : readTemporalConfig(env);
    expect(namespace).toBe(env['TEMPORAL_NAMESPACE']);
  });

  test.each(pods)('$set, $name: no secret is in the environment, and each file that it names is mounted', ({ it }) => {
    const { env, volumeMounts } = containerOf(it);
    const { volumes } = podOf(it);
    const secret = env.filter(({ valueFrom }) => valueFrom !== undefined).map(({ name }) => name);
    // Temporal's own reader takes it from there alone.
    expect(secret.filter((name) => name !== 'TEMPORAL_API_KEY')).toEqual([]);
    const files = env.flatMap(({ value }) => (value?.startsWith('/etc/freeflow/') === true ? [value] : []));
    expect(files.length).toBeGreaterThan(0);
    const isMounted = (file: string) => {
      const mount = volumeMounts.find(({ mountPath }) => mountPath === path.dirname(file));
      const volume = volumes.find(({ name }) => name === mount?.name);
      const items = volume?.projected?.sources.flatMap<{ path: string }>(
        (from) => from.serviceAccountToken ?? from.secret?.items ?? [],
      );
      return volume !== undefined && (items?.some((item) => item.path === path.basename(file)) ?? true);
    };
    expect(files.filter((file) => !isMounted(file))).toEqual([]);
  });
});

describeChart('a setting', () => {
  const of = (set: (typeof VALUE_SETS)[number]) => rendered[VALUE_SETS.indexOf(set)]?.objects ?? [];

  test('that is a large number is written out', () => {
    expect(valueOf(find(of('production'), 'Deployment', '-worker'), 'RETENTION_MS')).toBe('2592000000');
    // More than a template would print as a number.
    const [large] = render([[...valueSet('minimal'), 'settings: { SWEEP_INTERVAL_MS: 10000000 }']]);
    expect(valueOf(find(large?.objects ?? [], 'Deployment', '-api'), 'SWEEP_INTERVAL_MS')).toBe('10000000');
  });

  test('for all reaches API and workers', () => {
    for (const name of ['-api', '-worker'])
      expect(valueOf(find(of('production'), 'Deployment', name), 'TASK_QUEUE')).toBe('freeflow-eu');
  });

  test('of one deployment of workers is its own', () => {
    const concurrency = ['main', 'realms'].map((it) =>
      valueOf(find(of('queues-apart'), 'Deployment', `-worker-${it}`), 'KEYCLOAK_CONCURRENCY'),
    );
    expect(concurrency).toEqual([undefined, '4']);
  });

  test('of Temporal Cloud: API key, certificates and name of the server', () => {
    const { env } = containerOf(find(of('temporal-cloud'), 'Deployment', '-api'));
    expect(
      Object.fromEntries(
        env.filter(({ name }) => name.startsWith('TEMPORAL_')).map((it) => [it.name, it.value ?? it.valueFrom]),
      ),
    ).toEqual({
      TEMPORAL_ADDRESS: 'eu-central-1.aws.api.temporal.io:7233',
      TEMPORAL_NAMESPACE: 'freeflow.a1b2c',
      TEMPORAL_API_KEY: { secretKeyRef: { name: 'temporal', key: 'api-key' } },
      TEMPORAL_TLS: 'true',
      TEMPORAL_TLS_SERVER_NAME: 'freeflow.a1b2c.tmprl.cloud',
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/etc/freeflow/temporal/ca.crt',
      TEMPORAL_TLS_CLIENT_CERT_PATH: '/etc/freeflow/temporal/tls.crt',
      TEMPORAL_TLS_CLIENT_KEY_PATH: '/etc/freeflow/temporal/tls.key',
    });
  });
});
