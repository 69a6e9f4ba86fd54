import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stackInfoSchema } from '@freeflow/contract/stack-info';
import { httpUrl } from '@freeflow/lib/config';
import { isMasterUrl } from '@freeflow/lib/pg';
import type { z } from 'zod';
import { EXIT, Failure } from './failure';

const ROOT = path.join(__dirname, '..', '..');

/** As much of the local stack's `stack.json` as the commands need. */
const stackFile = stackInfoSchema.pick({
  api: true,
  masterDatabase: true,
  secretsKey: true,
  keycloak: true,
  auth: true,
});
type StackFile = z.output<typeof stackFile>;

/** What each setting is called in the environment, and where the local stack has it. */
const SETTINGS = {
  FREEFLOW_API_URL: (it: StackFile) => it.api.url,
  FREEFLOW_TOKEN_URL: (it: StackFile) => it.auth.tokenUrl,
  FREEFLOW_CLIENT_ID: (it: StackFile) => it.auth.clientId,
  FREEFLOW_CLIENT_SECRET: (it: StackFile) => it.auth.clientSecret,
  MASTER_DATABASE_URL: (it: StackFile) => it.masterDatabase.workerUrl,
  SECRETS_KEY: (it: StackFile) => it.secretsKey,
  KEYCLOAK_URL: (it: StackFile) => it.keycloak.url,
} as const;

export type SettingName = keyof typeof SETTINGS;

const shownUrl = httpUrl();

/** A URL that may be shown, as worker and API judge it. */
export const HTTP = {
  isFit: (text: string) => shownUrl.safeParse(text).success,
  form: 'http(s)://HOST:PORT/PATH, without user and password',
};

/** What the settings must look like that have a form. */
const FORMS: Partial<Record<SettingName, { isFit: (text: string) => boolean; form: string }>> = {
  FREEFLOW_API_URL: HTTP,
  FREEFLOW_TOKEN_URL: HTTP,
  MASTER_DATABASE_URL: { isFit: isMasterUrl, form: 'postgresql://USER:PASSWORD@HOST:PORT/DATABASE' },
  KEYCLOAK_URL: HTTP,
};

/**
 * The settings a command needs: all from the environment if it has any of them, else all from the local stack. Never
 * mixed: a token of one installation is of no use at another.
 * @throws Failure naming what is missing or unusable and where to get it, never with a value
 */
export function readSettings<N extends SettingName>(names: readonly N[], env: NodeJS.ProcessEnv): Record<N, string> {
  const given = names.filter((name) => env[name] !== undefined && env[name] !== '');
  if (given.length > 0) {
    const missing = names.filter((name) => !given.includes(name));
    if (missing.length > 0)
      throw new Failure(
        EXIT.usage,
        `The environment has ${given.join(', ')}, but not ${missing.join(', ')}.`,
        'Set them as well, or unset all of them to use the local stack.',
      );
    const values = recordOf(names, (name) => env[name] ?? '');
    refuseUnfit(values);
    return values;
  }
  const stack = readStack(env);
  if (stack === undefined)
    throw new Failure(
      EXIT.unreachable,
      'No local stack runs.',
      `Start one with npm start, or set ${names.join(', ')}.`,
    );
  return recordOf(names, (name) => SETTINGS[name](stack));
}

/** A URL of the environment that may be left out. */
export function optionalUrl(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const value = env[name];
  if (value === undefined || value === '') return undefined;
  if (!HTTP.isFit(value))
    throw new Failure(
      EXIT.usage,
      `${name} is not of the form ${HTTP.form}.`,
      'Its value is not repeated here: it may hold a secret.',
    );
  return value;
}

const recordOf = <N extends string>(names: readonly N[], valueOf: (name: N) => string) =>
  Object.fromEntries(names.map((name) => [name, valueOf(name)])) as Record<N, string>;

function refuseUnfit(values: Record<string, string>): void {
  const lines = Object.entries(FORMS)
    .filter(([name, { isFit }]) => values[name] !== undefined && !isFit(values[name]))
    .map(([name, { form }]) => `${name} is not of the form ${form}.`);
  if (lines.length > 0)
    throw new Failure(EXIT.usage, lines.join('\n'), 'Its value is not repeated here: it may hold a secret.');
}

const readStack = (env: NodeJS.ProcessEnv): StackFile | undefined => readStackFile(env, stackFile);

/**
 * As much of the local stack's `stack.json` as is asked for; undefined when no stack runs.
 * @throws Failure when it can't be read
 */
export function readStackFile<T>(env: NodeJS.ProcessEnv, schema: z.ZodType<T>): T | undefined {
  const file = path.join(path.resolve(ROOT, env['FREEFLOW_STACK_DIR'] ?? '.freeflow'), 'stack.json');
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    // Not the error's own words: those of JSON.parse quote the file, which is full of secrets.
    throw new Failure(
      EXIT.unreachable,
      `${file} ${code === undefined ? 'is damaged, or written by another version' : `can't be read (${code})`}.`,
      'Start the stack again with npm start.',
      { cause: error },
    );
  }
}
