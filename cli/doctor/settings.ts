import { DEFAULT_TASK_QUEUE } from '@freeflow/contract';
import { type StackInfo, stackInfoSchema } from '@freeflow/contract/stack-info';
import { isMasterUrl } from '@freeflow/lib/pg';
import type { SettingName, Values } from '../../backends/doctor/setting-names';
import { address } from '../address';
import { type Form, MONGODB, POSTGRES, TEXT } from '../backends/variables';
import { EXIT, Failure } from '../failure';
import { HTTP, readStackFile } from '../settings';

interface Setting {
  form: Form;
  /** Where the local stack has it; nothing where it runs without. */
  ofStack: (stack: StackInfo) => string | undefined;
  /** What it is where the environment doesn't say. */
  byDefault?: (env: NodeJS.ProcessEnv) => string | undefined;
}

const MASTER: Form = { form: 'postgresql://USER:PASSWORD@HOST:PORT/DATABASE', isFit: isMasterUrl };
const KEYCLOAK_REALM = 'master';
const PERMISSIONS_CLAIM = 'permissions';

/** The variables of worker and API, and what else a check needs; the names are those of the environment. */
const SETTINGS = {
  FREEFLOW_API_URL: {
    form: HTTP,
    ofStack: ({ api }) => (api.pid === undefined ? undefined : api.url),
    byDefault: (env) => addressOf(env, 'API_HOST', 'API_PORT'),
  },
  FREEFLOW_WORKER_URL: {
    form: HTTP,
    ofStack: ({ worker }) => (worker.pid === undefined ? undefined : worker.healthUrl),
    byDefault: (env) => addressOf(env, 'WORKER_HEALTH_HOST', 'WORKER_HEALTH_PORT'),
  },
  FREEFLOW_TOKEN_URL: { form: HTTP, ofStack: ({ auth }) => auth.tokenUrl },
  FREEFLOW_CLIENT_ID: { form: TEXT, ofStack: ({ auth }) => auth.clientId },
  FREEFLOW_CLIENT_SECRET: { form: TEXT, ofStack: ({ auth }) => auth.clientSecret },
  AUTH_PERMISSIONS_CLAIM: { form: TEXT, ofStack: () => PERMISSIONS_CLAIM, byDefault: () => PERMISSIONS_CLAIM },
  MASTER_DATABASE_URL: { form: MASTER, ofStack: ({ masterDatabase }) => masterDatabase.workerUrl },
  MASTER_OWNER_URL: { form: MASTER, ofStack: ({ masterDatabaseUrl }) => masterDatabaseUrl },
  SECRETS_KEY: { form: TEXT, ofStack: ({ secretsKey }) => secretsKey },
  TEMPORAL_ADDRESS: { form: TEXT, ofStack: ({ temporal }) => temporal.address },
  TEMPORAL_NAMESPACE: { form: TEXT, ofStack: ({ temporal }) => temporal.namespace, byDefault: () => 'default' },
  // The worker makes what is looked at by it: without a worker there is nothing to look for.
  TASK_QUEUE: {
    form: TEXT,
    ofStack: ({ worker }) => (worker.pid === undefined ? undefined : DEFAULT_TASK_QUEUE),
    byDefault: () => DEFAULT_TASK_QUEUE,
  },
  POSTGRES_ADMIN_URL: { form: POSTGRES, ofStack: ({ postgres }) => postgres.provisionerUrl },
  MONGODB_ADMIN_URL: { form: MONGODB, ofStack: ({ mongodb }) => mongodb.provisionerUrl },
  QDRANT_URL: { form: HTTP, ofStack: ({ qdrant }) => qdrant.url },
  QDRANT_API_KEY: { form: TEXT, ofStack: ({ qdrant }) => qdrant.apiKey },
  KEYCLOAK_URL: { form: HTTP, ofStack: ({ keycloak }) => keycloak.url },
  KEYCLOAK_REALM: { form: TEXT, ofStack: () => KEYCLOAK_REALM, byDefault: () => KEYCLOAK_REALM },
  KEYCLOAK_CLIENT_ID: { form: TEXT, ofStack: ({ keycloak }) => keycloak.provisioner.clientId },
  KEYCLOAK_CLIENT_SECRET: { form: TEXT, ofStack: ({ keycloak }) => keycloak.provisioner.clientSecret },
  KEYCLOAK_OWNER_CLIENT_ID: { form: TEXT, ofStack: ({ keycloak }) => keycloak.clientId },
  KEYCLOAK_OWNER_CLIENT_SECRET: { form: TEXT, ofStack: ({ keycloak }) => keycloak.clientSecret },
} as const satisfies Record<SettingName, Setting>;

/** What is known of the installation to be checked. */
export interface Known {
  values: Values;
  /** Why these are not known, for whoever would set them. */
  whyNot: (names: readonly SettingName[]) => string;
}

const NAMES = Object.keys(SETTINGS) as SettingName[];
const rowOf = (name: SettingName): Setting => SETTINGS[name];

/**
 * What is known of an installation: all by the environment if it names any part of it, else all by the local stack.
 * What is missing is no failure here, but makes checks end as not checked.
 * @throws Failure where no stack runs, or a variable is unusable; never with a value
 */
export function readKnown(env: NodeJS.ProcessEnv): Known {
  const given = recordOf((name) => env[name] || (rowOf(name).byDefault?.(env) ?? ''));
  if (NAMES.some((name) => given[name] !== '' && rowOf(name).byDefault?.({}) === undefined)) {
    const unfit = NAMES.filter((name) => given[name] !== '' && !rowOf(name).form.isFit(given[name]));
    if (unfit.length > 0)
      throw new Failure(
        EXIT.usage,
        unfit.map((name) => `${name} is not of the form ${rowOf(name).form.form}.`).join('\n'),
        'Values are not repeated here: they may hold secrets.',
      );
    return { values: given, whyNot: (names) => `set ${names.join(', ')}` };
  }
  const stack = readStackFile(env, stackInfoSchema);
  if (stack === undefined)
    throw new Failure(
      EXIT.unreachable,
      'No local stack runs.',
      'Start one with npm start, or set the variables of another installation; --help names them.',
    );
  return {
    values: recordOf((name) => rowOf(name).ofStack(stack) ?? ''),
    whyNot: () => 'the local stack runs servers only',
  };
}

const recordOf = (valueOf: (name: SettingName) => string): Values =>
  Object.fromEntries(NAMES.map((name) => [name, valueOf(name)])) as Values;

/** Where a process listens that is told so by host and port. */
function addressOf(env: NodeJS.ProcessEnv, host: string, port: string): string | undefined {
  return env[port] ? `http://${address(env[host] || '127.0.0.1', Number(env[port]))}` : undefined;
}
