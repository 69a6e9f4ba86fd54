import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SEARCH_ATTRIBUTES } from '@freeflow/contract';
import { variablesOf } from '@freeflow/lib/config';
import { DCLinter } from 'dclint';
import { apiVariables } from '../api/config';
import { ownerVariables, PROVISIONED_BACKENDS } from '../cli/backends/variables';
import { migrateVariables } from '../prisma/migrate-config';
import { stackVariables } from '../stack/environment';
import { freePort } from '../stack/ports';
import { projectRoot } from '../stack/project';
import { readStackInfo } from '../stack/stack-info';
import { workerVariables } from '../worker/config';
import {
  COMPOSE_FILES,
  commandLine,
  interpolationsOf,
  PRODUCT_FILE,
  PRODUCT_SERVICES,
  SERVICES,
} from './support/compose-files';
import { TEST_STACK } from './support/master';

/** What Compose alone needs: its image, and passwords that our own programs get as parts of a URL, or not at all. */
const COMPOSE_ONLY = [
  'FREEFLOW_IMAGE',
  'KEYCLOAK_DB_PASSWORD',
  'MASTER_DB_PASSWORD',
  'MONGODB_OWNER_PASSWORD',
  'POSTGRES_OWNER_PASSWORD',
  'TEMPORAL_DB_PASSWORD',
];

/** What the linter says of a file. */
interface Linted {
  filePath: string;
  messages: { rule: string; message: string }[];
}

const info = readStackInfo(TEST_STACK);
const FILES = [...COMPOSE_FILES, PRODUCT_FILE];
const interpolations = FILES.flatMap(interpolationsOf);
const runsOnce = new Set(
  Object.values(SERVICES).flatMap(({ depends_on }) =>
    Object.entries(depends_on)
      .filter(([, { condition }]) => condition === 'service_completed_successfully')
      .map(([name]) => name),
  ),
);

describe('the files', () => {
  // Ways of writing that we don't share; what is wrong or unsafe stays.
  const style = [
    'no-quotes-in-volumes',
    'require-quotes-in-ports',
    'service-dependencies-alphabetical-order',
    'service-keys-order',
    'service-ports-alphabetical-order',
    'services-alphabetical-order',
    'top-level-properties-order',
  ];
  const linter = new DCLinter({
    rules: Object.fromEntries(style.map((rule) => [rule, 0])),
    quiet: true,
    debug: false,
    exclude: [],
  });
  // Its types can't be resolved: they import one another without an extension.
  const complaints = (...files: string[]) =>
    (linter.lintFiles(files, false) as Linted[]).flatMap(({ filePath, messages }) =>
      messages.map(({ rule, message }) => `${path.basename(filePath)}: ${rule}: ${message}`),
    );

  test('hold to the schema of the Compose specification', () => {
    expect(complaints(...FILES.map((file) => file.path))).toEqual([]);
  });

  test('and would not with a misspelt key, an open port or an image without a version', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'freeflow-compose-'));
    const [text = ''] = COMPOSE_FILES.map((file) => file.text);
    const worse = {
      key: text.replace('healthcheck:', 'healthchecks:'),
      port: text.replace('127.0.0.1:5432:', '5432:'),
      tag: text.replace('postgres:18.6', 'postgres:latest'),
    };
    for (const [name, content] of Object.entries(worse)) writeFileSync(path.join(folder, `${name}.yml`), content);
    const complaintsOf = (name: string) => complaints(path.join(folder, `${name}.yml`));
    expect([complaintsOf('key')[0], complaintsOf('port')[0], complaintsOf('tag')[0]]).toEqual([
      expect.stringMatching('invalid-schema'),
      expect.stringMatching('no-unbound-port-interfaces'),
      expect.stringMatching('service-image-require-explicit-tag'),
    ]);
    rmSync(folder, { recursive: true });
  });

  test.each(Object.entries(SERVICES))(
    '%s has a version, a health check unless it runs once, and is reached from this machine alone',
    (name, { image, healthcheck, ports }) => {
      expect(image).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?$/);
      expect(image).not.toMatch(/auto-setup/);
      expect(healthcheck === undefined).toBe(runsOnce.has(name));
      expect(ports.filter((port) => !/^127\.0\.0\.1:\d+:\d+$/.test(port))).toEqual([]);
    },
  );

  test('the product is migrated before API and worker begin, and the worker has its logins', () => {
    const done = { condition: 'service_completed_successfully' };
    const order = Object.entries(PRODUCT_SERVICES).map(([name, it]) => [
      name,
      { does: it.command, after: it.depends_on },
    ]);
    expect(Object.fromEntries(order)).toEqual({
      migrate: { does: ['migrate'], after: {} },
      backends: { does: ['freeflow', 'setup', 'backends'], after: {} },
      worker: { does: ['worker'], after: { migrate: done, backends: done } },
      api: { does: ['api'], after: { migrate: done } },
    });
  });

  test('only what prepares Temporal runs once', () => {
    expect([...runsOnce].sort()).toEqual(['temporal-namespace', 'temporal-schema']);
  });
});

describe('the variables', () => {
  const ours = [workerVariables, apiVariables, migrateVariables, stackVariables]
    .flatMap((schema) => variablesOf(schema).map(({ name }) => name))
    .concat(PROVISIONED_BACKENDS.flatMap((it) => [...ownerVariables(it), it.provisioner.passwordVariable]));

  test('are called as our programs call them, but for a few that Compose alone needs', () => {
    const foreign = new Set(interpolations.map(({ name }) => name).filter((name) => !ours.includes(name)));
    expect([...foreign].sort()).toEqual(COMPOSE_ONLY);
  });

  test('that are secret have no default: without them nothing starts', () => {
    const secret = interpolations.filter(({ name }) => /PASSWORD|SECRET|KEY$/.test(name));
    const demanded = secret
      .filter(({ name, operator, operand }) => operator === ':?' && operand === `set ${name}`)
      .map(({ name }) => name);
    expect([...new Set(demanded)].sort()).toEqual([...new Set(secret.map(({ name }) => name))].sort());
    expect(secret.filter(({ operator }) => /[-+]/.test(operator))).toEqual([]);
    // Nor is one written down.
    expect(FILES.flatMap(({ text }) => text.match(/(PASSWORD|SECRET|_PWD|API_KEY): (?!\$\{).*/g) ?? [])).toEqual([]);
  });

  test('are all in the instructions', () => {
    const page = readFileSync(path.join(projectRoot(), 'docs', 'setup.md'), 'utf8');
    expect(interpolations.map(({ name }) => name).filter((name) => !page.includes(name))).toEqual([]);
  });
});

describe('what the services run, run here against the servers of the test stack', () => {
  const run = (words: readonly string[], env: Record<string, string> = {}) => {
    const [program = '', ...args] = words;
    const { PATH = '', HOME = '' } = process.env;
    const { status, stdout, stderr } = spawnSync(program, args, {
      env: { PATH, HOME, ...env },
      encoding: 'utf8',
      timeout: 100_000,
    });
    return { status, stdout, stderr };
  };

  const managementPort = () =>
    (JSON.parse(readFileSync(path.join(info.dir, 'settings.json'), 'utf8')) as { ports: Record<string, number> }).ports[
      'keycloakManagement'
    ];

  test.each([
    ['qdrant', '6333', () => new URL(info.qdrant.url).port],
    ['keycloak', '9000', () => String(managementPort())],
  ])('%s is found healthy, and unhealthy where it is not', async (name, standard, port) => {
    const [, ...words] = commandLine(SERVICES[name]?.healthcheck?.test ?? []);
    const at = (other: string) => run(words.map((word) => word.replace(`/${standard};`, `/${other};`)));
    expect(words.join(' ')).toContain(`/dev/tcp/127.0.0.1/${standard};`);
    expect(at(port()).status).toBe(0);
    expect(at(String(await freePort())).status).not.toBe(0);
    // A server that answers, but not that it is ready.
    expect(at(new URL(info.keycloak.url).port).status).not.toBe(0);
  });

  test('the namespace gets the search attributes of the worker, by name and type; a second time all stays', () => {
    const namespace = `compose-${randomBytes(4).toString('hex')}`;
    const cli = path.dirname(info.temporal.cliPath ?? '/usr/bin/temporal');
    const env = {
      PATH: `${cli}:${process.env['PATH'] ?? ''}`,
      TEMPORAL_ADDRESS: info.temporal.address,
      TEMPORAL_NAMESPACE: namespace,
    };
    const { entrypoint = [], command = [] } = SERVICES['temporal-namespace'] ?? {};
    const script = commandLine([...entrypoint, ...command]);
    const attributes = () =>
      (
        JSON.parse(run(['temporal', 'operator', 'search-attribute', 'list', '--output', 'json'], env).stdout) as {
          customAttributes: Record<string, string>;
        }
      ).customAttributes;
    try {
      expect(run(script, env)).toMatchObject({ status: 0 });
      const made = attributes();
      expect(made).toEqual(
        Object.fromEntries(
          Object.values(SEARCH_ATTRIBUTES).map(({ name, type }) => [name, `INDEXED_VALUE_TYPE_${type}`]),
        ),
      );
      expect(run(script, env)).toMatchObject({ status: 0 });
      expect(attributes()).toEqual(made);
    } finally {
      run(['temporal', 'operator', 'namespace', 'delete', '--yes'], env);
    }
  });
});
