import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureNamespace, withTemporal } from '@freeflow/lib/temporal';
import type { Client } from '@temporalio/client';
import { checkPostgres } from '../../backends/postgres/provisioner/client';
import { runClient } from '../fetch/client';
import { areBuilt, goPrograms, type GoPrograms } from '../fetch/go-install';
import { messageOf } from '../files';
import { freePorts } from '../ports';
import { tryUntilDone } from '../try-until';
import { dataFolder, ServerUnavailableError, type Server, type ServerContext } from './server';
import { temporal } from './temporal';
import { temporalConfig, TEMPORAL_DYNAMIC_CONFIG, type TemporalStore } from './temporal-config';

/** Of the minor version of the development server on which the tests run. */
const TEMPORAL_MODULE: GoPrograms = {
  module: 'go.temporal.io/server',
  version: 'v1.32.1',
  go: '1.26.8',
  programs: { 'temporal-server': 'cmd/server', 'temporal-sql-tool': 'cmd/tools/sql' },
};

/** Whether it is at hand without a build, which takes minutes. */
export const isTemporalBuilt = (cache: string): boolean => areBuilt(TEMPORAL_MODULE, cache);

const OWNER = 'postgres';
/** Its databases in the stack's PostgreSQL, and the schema of each. */
const DATABASES = { temporal: 'temporal', temporal_visibility: 'visibility' } as const;
const POSTGRES_WITHIN_MS = 120_000;
const NAMESPACE_WITHIN_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * The real server in place of the development server: built from its module by Go, with PostgreSQL, four services in
 * one process, and no UI.
 */
export const temporalOnPostgres: Server = {
  ...temporal,
  title: 'Temporal',
  ports: ['temporal'],

  async fetch(context) {
    try {
      const folder = await goPrograms(TEMPORAL_MODULE, context);
      return { path: join(folder, 'temporal-server'), version: `${TEMPORAL_MODULE.version.slice(1)} on PostgreSQL` };
    } catch (error) {
      throw new ServerUnavailableError(temporal, messageOf(error), { cause: error });
    }
  },

  async launch(context, { path }) {
    const { dir, env, settings, signal } = context;
    const data = dataFolder(dir, 'temporal-postgres');
    const store = storeOf(context);
    await postgresAnswers(store, signal);
    for (const [database, schema] of Object.entries(DATABASES))
      await migrate(join(path, '..', 'temporal-sql-tool'), { database, schema, store, env, cwd: data, signal });
    const file = join(data, 'config.yaml');
    const dynamicConfigFile = join(data, 'dynamic-config.yaml');
    const ports = { frontend: settings.ports.temporal, others: await freePorts(7) };
    // JSON is YAML. It holds a password.
    writeFileSync(file, JSON.stringify(temporalConfig({ store, ports, dynamicConfigFile }), null, 2), { mode: 0o600 });
    writeFileSync(dynamicConfigFile, JSON.stringify(TEMPORAL_DYNAMIC_CONFIG, null, 2));
    return { command: path, args: ['--config-file', file, '--allow-no-auth', 'start'], env, cwd: data };
  },

  check: (context) => visit(context, async ({ workflowService }) => void (await workflowService.getSystemInfo({}))),

  async setUp(context) {
    await visit(context, async (client) => void (await ensureNamespace(client, undefined, DAY_MS)));
    await namespaceIsKnown(context);
    const { temporal: part } = await temporal.setUp(context);
    return part === undefined ? {} : { temporal: { address: part.address, namespace: part.namespace } };
  },
};

const storeOf = ({ external, settings: { ports, credentials } }: ServerContext): TemporalStore => {
  if (external.POSTGRES_ADMIN_URL !== undefined)
    throw new ServerUnavailableError(temporal, "with --temporal postgres it needs the stack's own PostgreSQL");
  return { host: '127.0.0.1', port: ports.postgres, user: OWNER, password: credentials.postgresOwner };
};

/** All servers of a stack are started at the same time. */
const postgresAnswers = ({ host, port, user, password }: TemporalStore, signal: AbortSignal): Promise<void> =>
  tryUntilDone({ withinMs: POSTGRES_WITHIN_MS, everyMs: 200, signal }, () =>
    checkPostgres(`postgres://${user}:${password}@${host}:${port}/postgres`),
  );

interface Migration {
  database: string;
  schema: string;
  store: TemporalStore;
  env: NodeJS.ProcessEnv;
  cwd: string;
  signal: AbortSignal;
}

/** Makes the database and brings its schema to this version; repeated, it changes nothing. */
async function migrate(tool: string, { database, schema, store, env, cwd, signal }: Migration): Promise<void> {
  const sql = {
    SQL_PLUGIN: 'postgres12',
    SQL_HOST: store.host,
    SQL_PORT: String(store.port),
    SQL_USER: store.user,
    SQL_PASSWORD: store.password,
  };
  const steps = [
    ['create'],
    ['setup-schema', '-v', '0.0'],
    ['update-schema', '--schema-name', `postgresql/v12/${schema}`],
  ];
  for (const step of steps)
    await runClient({ command: tool, args: ['--db', database, ...step], env: { ...env, ...sql }, cwd, signal });
}

const namespaceOf = ({ external }: ServerContext): string => external.TEMPORAL_NAMESPACE ?? 'default';

function visit<T>(context: ServerContext, use: (client: Client) => Promise<T>): Promise<T> {
  const address = `127.0.0.1:${context.settings.ports.temporal}`;
  const namespace = namespaceOf(context);
  return withTemporal({}, { address, namespace, connectTimeoutMs: 5_000, deadlineMs: 5_000 }, use);
}

/** The services look for new namespaces every few seconds. */
async function namespaceIsKnown(context: ServerContext): Promise<void> {
  const patience = { withinMs: NAMESPACE_WITHIN_MS, everyMs: 500, signal: context.signal };
  const look = () => visit(context, async (client) => void (await client.workflow.count("WorkflowId = 'none'")));
  const unknown = (cause: unknown) =>
    new Error(`Temporal does not know its namespace ${namespaceOf(context)}`, { cause });
  await tryUntilDone(patience, look, unknown);
}
