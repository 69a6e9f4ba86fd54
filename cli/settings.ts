import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type StackInfo, stackInfoSchema } from '@freeflow/contract/stack-info';
import { ConfigError, readConfig, readConfigGroup, variablesOf } from '@freeflow/lib/config';
import type { z } from 'zod';
import { contextInUse, type SelectedContext } from './contexts/select';
import { EXIT, Failure } from './failure';

const ROOT = path.join(__dirname, '..', '..');

/**
 * The settings a command needs: all from the environment if it has any of them, else all from the local stack. Never
 * mixed: a token of one installation is of no use at another.
 * @param ofStack where the local stack has them, which is meant unless a context of another installation is in use
 * @throws Failure naming what is missing or unusable and where to get it, never with a value
 */
export function readSettings<Schema extends z.ZodObject>(
  schema: Schema,
  env: NodeJS.ProcessEnv,
  ofStack: (stack: StackInfo) => z.output<Schema>,
): z.output<Schema> {
  const given = orFailure(() => readConfigGroup(schema, env));
  if (given !== undefined) return given;
  const names = variablesOf(schema).map(({ name }) => name);
  const stack = readStackFile(env, stackInfoSchema);
  assertNoOtherInUse(env, stack, names);
  if (stack !== undefined) return ofStack(stack);
  throw new Failure(EXIT.unreachable, 'No local stack runs.', `Start one with npm start, or set ${names.join(', ')}.`);
}

/**
 * The login that is meant where the environment names no installation; undefined where it is the stack's own, or there
 * is none. Who has logged in elsewhere doesn't mean the stack that happens to run here: the same names may be there,
 * too.
 */
export function otherContextInUse(env: NodeJS.ProcessEnv, stack: StackInfo | undefined): SelectedContext | undefined {
  const selected = contextInUse(env);
  return selected?.context.apiUrl === stack?.api.url ? undefined : selected;
}

function assertNoOtherInUse(env: NodeJS.ProcessEnv, stack: StackInfo | undefined, names: readonly string[]): void {
  const other = otherContextInUse(env, stack);
  if (other === undefined) return;
  throw new Failure(
    EXIT.usage,
    `Context ${other.name} is in use, which says nothing of ${names.join(', ')}.`,
    `Set them to those of ${other.context.apiUrl}, or name the local stack by FREEFLOW_STACK_DIR=.freeflow.`,
  );
}

/**
 * The variables of the environment beyond the settings of {@link readSettings}, each by itself.
 * @throws Failure naming what is unusable, never with a value
 */
export const readOptions = <Schema extends z.ZodObject>(schema: Schema, env: NodeJS.ProcessEnv): z.output<Schema> =>
  orFailure(() => readConfig(schema, env));

function orFailure<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Failure(
      EXIT.usage,
      error.message,
      'Correct them, or unset all of them to use the local stack. Values are not repeated here: they may hold secrets.',
      { cause: error },
    );
  }
}

/**
 * The requested part of the local stack's `stack.json`; undefined when no stack runs.
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
