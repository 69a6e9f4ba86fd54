import { BACKEND_KINDS, DEFAULT_TASK_QUEUE } from '@freeflow/contract';
import { type StackInfo, stackInfoSchema, vaultVariablesOf } from '@freeflow/contract/stack-info';
import {
  ConfigError,
  httpUrl,
  masterUrl,
  readConfig,
  secret,
  text,
  variablesOf,
  variablesSet,
  VAULT_VARIABLES,
} from '@freeflow/lib/config';
import { z } from 'zod';
import { hostAndPort } from '../../backends/address';
import type { Values } from '../../backends/doctor/check';
import { moduleOf } from '../../backends/registry';
import type { SelectedContext } from '../contexts/select';
import { EXIT, Failure } from '../failure';
import { otherContextInUse, readStackFile } from '../settings';

const TEXT = text('TEXT');

/**
 * The variables of worker, API and Temporal by which the product itself is checked. Those with a default may be left
 * out.
 */
const PRODUCT = {
  FREEFLOW_API_URL: httpUrl(),
  FREEFLOW_WORKER_URL: httpUrl(),
  FREEFLOW_TOKEN_URL: httpUrl(),
  FREEFLOW_CLIENT_ID: TEXT,
  FREEFLOW_CLIENT_SECRET: secret(TEXT, 'the secret of that client'),
  AUTH_PERMISSIONS_CLAIM: TEXT.default('permissions'),
  MASTER_DATABASE_URL: secret(masterUrl(), 'the master database'),
  MASTER_OWNER_URL: secret(masterUrl(), "the master database by its owner's login"),
  // A key that does not fit is a finding, not an error of the command.
  SECRETS_KEY: secret(TEXT, "the key that the tenants' secrets are sealed by"),
  TEMPORAL_ADDRESS: TEXT,
  TEMPORAL_NAMESPACE: TEXT.default('default'),
  TASK_QUEUE: TEXT.default(DEFAULT_TASK_QUEUE),
};

export type ProductSetting = keyof typeof PRODUCT;
export type ProductValues = Values<ProductSetting>;

/** All settings that a check may need: those of the product, and those of every backend. */
export const SETTINGS = z.object(
  Object.assign({}, PRODUCT, VAULT_VARIABLES, ...BACKEND_KINDS.map((kind) => moduleOf(kind).doctor.settings)),
);
const VARIABLES = variablesOf(SETTINGS);
const NAMES = VARIABLES.map(({ name }) => name);
const DEFAULTS = new Map(VARIABLES.map(({ name, standard }) => [name, standard]));

/** What is known of the installation to be checked. */
export interface Known {
  values: Values<string>;
  /** Why these are not known, and how to set them. */
  explainMissing: (names: readonly string[]) => string;
  /** The login by which it is known, and by nothing else. */
  login?: SelectedContext;
}

/**
 * What is known of an installation: all by the environment if it names any part of it, else by the login that is in
 * use, which tells its API, else all by the local stack. What is missing is no failure here, but makes checks end as
 * not checked.
 * @throws Failure where no stack runs, or a variable is unusable; never with a value
 */
export function readKnown(env: NodeJS.ProcessEnv): Known {
  const given = withAddresses(env);
  if (variablesSet(SETTINGS, given).some((name) => DEFAULTS.get(name) === undefined))
    return { values: valuesOf(readGiven(given)), explainMissing: (names) => `set ${names.join(', ')}` };
  const stack = readStackFile(env, stackInfoSchema);
  const login = otherContextInUse(env, stack);
  if (login !== undefined)
    return {
      values: valuesOf({ FREEFLOW_API_URL: login.context.apiUrl }),
      explainMissing: () => `context ${login.name} is in use, which tells the API alone`,
      login,
    };
  if (stack === undefined)
    throw new Failure(
      EXIT.unreachable,
      'No local stack runs.',
      'Start one with npm start, or set the variables of another installation; --help names them.',
    );
  return { values: valuesOf(settingsOfStack(stack)), explainMissing: () => 'the local stack runs servers only' };
}

function readGiven(env: NodeJS.ProcessEnv): Readonly<Record<string, unknown>> {
  try {
    return { ...Object.fromEntries(DEFAULTS), ...readConfig(SETTINGS.partial(), env) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Failure(EXIT.usage, error.message, 'Values are not repeated here: they may hold secrets.', {
      cause: error,
    });
  }
}

/** Where API and worker answer may be set by host and port, by their own variables. */
const withAddresses = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...env,
  FREEFLOW_API_URL: env['FREEFLOW_API_URL'] || addressOf(env, 'API_HOST', 'API_PORT'),
  FREEFLOW_WORKER_URL: env['FREEFLOW_WORKER_URL'] || addressOf(env, 'WORKER_HEALTH_HOST', 'WORKER_HEALTH_PORT'),
});

function settingsOfStack(stack: StackInfo): Readonly<Record<string, unknown>> {
  const { api, worker, auth, masterDatabase, temporal } = stack;
  return Object.assign(
    {
      FREEFLOW_API_URL: api.pid === undefined ? undefined : api.url,
      FREEFLOW_WORKER_URL: worker.pid === undefined ? undefined : worker.healthUrl,
      FREEFLOW_TOKEN_URL: auth.tokenUrl,
      FREEFLOW_CLIENT_ID: auth.clientId,
      FREEFLOW_CLIENT_SECRET: auth.clientSecret,
      AUTH_PERMISSIONS_CLAIM: DEFAULTS.get('AUTH_PERMISSIONS_CLAIM'),
      MASTER_DATABASE_URL: masterDatabase.workerUrl,
      MASTER_OWNER_URL: stack.masterDatabaseUrl,
      SECRETS_KEY: stack.secretsKey,
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      // The worker makes what is checked by it: without a worker there is nothing to look for.
      TASK_QUEUE: worker.pid === undefined ? undefined : DEFAULT_TASK_QUEUE,
    } satisfies Record<ProductSetting, string | undefined>,
    vaultVariablesOf(stack, 'worker'),
    ...BACKEND_KINDS.map((kind) => moduleOf(kind).stackVariables(stack)),
  );
}

/** A setting that is not known is empty. */
const valuesOf = (known: Readonly<Record<string, unknown>>): Values<string> =>
  Object.fromEntries(
    NAMES.map((name) => {
      const value = known[name];
      return [name, typeof value === 'string' ? value : ''];
    }),
  );

/** The address of a process whose host and port are configured apart. */
function addressOf(env: NodeJS.ProcessEnv, host: string, port: string): string | undefined {
  return env[port] ? `http://${hostAndPort(env[host] || '127.0.0.1', Number(env[port]))}` : undefined;
}
