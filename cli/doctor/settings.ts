import { BACKEND_KINDS, DEFAULT_TASK_QUEUE } from '@freeflow/contract';
import { type StackInfo, stackInfoSchema } from '@freeflow/contract/stack-info';
import { httpUrl, masterUrl, text, variablesOf } from '@freeflow/lib/config';
import { z } from 'zod';
import type { Values } from '../../backends/doctor/check';
import { moduleOf } from '../../backends/registry';
import { address } from '../address';
import { EXIT, Failure } from '../failure';
import { readStackFile } from '../settings';
import { describeUnfit } from '../variable-forms';

const TEXT = text('TEXT');

/** The variables of worker, API and Temporal by which the product itself is checked. Those with a default may be left out. */
const PRODUCT = {
  FREEFLOW_API_URL: httpUrl(),
  FREEFLOW_WORKER_URL: httpUrl(),
  FREEFLOW_TOKEN_URL: httpUrl(),
  FREEFLOW_CLIENT_ID: TEXT,
  FREEFLOW_CLIENT_SECRET: TEXT,
  AUTH_PERMISSIONS_CLAIM: TEXT.default('permissions'),
  MASTER_DATABASE_URL: masterUrl(),
  MASTER_OWNER_URL: masterUrl(),
  SECRETS_KEY: TEXT,
  TEMPORAL_ADDRESS: TEXT,
  TEMPORAL_NAMESPACE: TEXT.default('default'),
  TASK_QUEUE: TEXT.default(DEFAULT_TASK_QUEUE),
};

export type ProductSetting = keyof typeof PRODUCT;
export type ProductValues = Values<ProductSetting>;

/** All settings that a check may need: those of the product, and those of every backend. */
const SETTINGS: z.ZodRawShape = Object.assign(
  {},
  PRODUCT,
  ...BACKEND_KINDS.map((kind) => moduleOf(kind).doctor.settings),
);

const NAMES = Object.keys(SETTINGS);
const DEFAULTS = new Map(variablesOf(z.object(SETTINGS)).map(({ name, standard }) => [name, standard ?? '']));

/** What is known of the installation to be checked. */
export interface Known {
  values: Values<string>;
  /** Why these are not known, for whoever would set them. */
  whyNot: (names: readonly string[]) => string;
}

/**
 * What is known of an installation: all by the environment if it names any part of it, else all by the local stack.
 * What is missing is no failure here, but makes checks end as not checked.
 * @throws Failure where no stack runs, or a variable is unusable; never with a value
 */
export function readKnown(env: NodeJS.ProcessEnv): Known {
  const given = givenBy(env);
  if (NAMES.some((name) => given[name] !== undefined && DEFAULTS.get(name) === '')) {
    const unfit = describeUnfit(SETTINGS, given);
    if (unfit.length > 0)
      throw new Failure(EXIT.usage, unfit.join('\n'), 'Values are not repeated here: they may hold secrets.');
    return {
      values: valuesBy((name) => given[name] ?? DEFAULTS.get(name)),
      whyNot: (names) => `set ${names.join(', ')}`,
    };
  }
  const stack = readStackFile(env, stackInfoSchema);
  if (stack === undefined)
    throw new Failure(
      EXIT.unreachable,
      'No local stack runs.',
      'Start one with npm start, or set the variables of another installation; --help names them.',
    );
  const known = valuesOfStack(stack);
  return { values: valuesBy((name) => known[name]), whyNot: () => 'the local stack runs servers only' };
}

/** What the environment sets; where API and worker listen it may say by host and port. */
function givenBy(env: NodeJS.ProcessEnv): Record<string, string> {
  const listening = {
    FREEFLOW_API_URL: addressOf(env, 'API_HOST', 'API_PORT'),
    FREEFLOW_WORKER_URL: addressOf(env, 'WORKER_HEALTH_HOST', 'WORKER_HEALTH_PORT'),
  };
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = env[name] || listening[name as keyof typeof listening];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

function valuesOfStack(stack: StackInfo): Record<string, string | undefined> {
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
    ...BACKEND_KINDS.map((kind) => moduleOf(kind).stackVariables(stack)),
  );
}

const valuesBy = (valueOf: (name: string) => string | undefined): Values<string> =>
  Object.fromEntries(NAMES.map((name) => [name, valueOf(name) ?? '']));

/** The address of a process that is told by host and port where to listen. */
function addressOf(env: NodeJS.ProcessEnv, host: string, port: string): string | undefined {
  return env[port] ? `http://${address(env[host] || '127.0.0.1', Number(env[port]))}` : undefined;
}
