import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { EXIT, Failure } from './failure';

const ROOT = path.join(__dirname, '..', '..');

/** As much of the local stack's `stack.json` as the commands need. */
const stackFile = z.object({
  masterDatabase: z.object({ workerUrl: z.string() }),
  secretsKey: z.string(),
  keycloak: z.object({ url: z.string() }),
  auth: z.object({ tokenUrl: z.string(), clientId: z.string(), clientSecret: z.string() }),
});
type StackFile = z.output<typeof stackFile>;

/** What each setting is called in the environment, and where the local stack has it. */
const SETTINGS = {
  FREEFLOW_TOKEN_URL: (it: StackFile) => it.auth.tokenUrl,
  FREEFLOW_CLIENT_ID: (it: StackFile) => it.auth.clientId,
  FREEFLOW_CLIENT_SECRET: (it: StackFile) => it.auth.clientSecret,
  MASTER_DATABASE_URL: (it: StackFile) => it.masterDatabase.workerUrl,
  SECRETS_KEY: (it: StackFile) => it.secretsKey,
  KEYCLOAK_URL: (it: StackFile) => it.keycloak.url,
} as const;

export type SettingName = keyof typeof SETTINGS;

/**
 * The settings a command needs: all from the environment if it has any of them, else all from the local stack. Never
 * mixed: a token of one installation is of no use at another.
 * @throws Failure naming what is missing and where to get it
 */
export function readSettings<N extends SettingName>(names: readonly N[], env: NodeJS.ProcessEnv): Record<N, string> {
  const given = names.filter((name) => env[name] !== undefined && env[name] !== '');
  if (given.length > 0) {
    const missing = names.filter((name) => !given.includes(name));
    if (missing.length > 0) throw new Failure(EXIT.usage, `The environment has ${given.join(', ')}, but not ${missing.join(', ')}.`, 'Set them as well, or unset all of them to use the local stack.');
    return recordOf(names, (name) => env[name] ?? '');
  }
  const stack = readStack(env);
  if (stack === undefined) throw new Failure(EXIT.unreachable, 'No local stack runs.', `Start one with npm start, or set ${names.join(', ')}.`);
  return recordOf(names, (name) => SETTINGS[name](stack));
}

const recordOf = <N extends string>(names: readonly N[], valueOf: (name: N) => string) => Object.fromEntries(names.map((name) => [name, valueOf(name)])) as Record<N, string>;

function readStack(env: NodeJS.ProcessEnv): StackFile | undefined {
  const file = path.join(path.resolve(ROOT, env['FREEFLOW_STACK_DIR'] ?? '.freeflow'), 'stack.json');
  try {
    return stackFile.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Failure(EXIT.unreachable, `${file} is of no use: ${(error as Error).message}`, 'Start the stack again with npm start.', { cause: error });
  }
}
