import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { ConfigError } from './errors';
import { variablesOf } from './table';

/** What a process is given; pass `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a program's configuration. Empty variables count as unset. A secret may be given as NAME_FILE, the path of a
 * file that holds it; a line end at its end is dropped.
 * @throws ConfigError, one line for every missing or unusable variable, never with a value
 */
export function readConfig<Schema extends z.ZodObject>(schema: Schema, env: Environment): z.output<Schema> {
  const { values, problems } = readVariables(schema, env);
  const result = schema.safeParse(values);
  for (const { path, message } of result.error?.issues ?? []) {
    const name = String(path[0]);
    if (!problems.has(name))
      problems.set(name, `${name} ${values[name] === undefined ? 'is missing; it ' : ''}${message}`);
  }
  if (result.success && problems.size === 0) return result.data;
  throw problemsError(schema, problems);
}

/**
 * Reads variables that are of use only together, such as an address and a login there: once one of them is set, all
 * that have no default must be. A caller with another source of the same values takes them all from there where none is
 * set here.
 * @returns undefined where none is set
 * @throws ConfigError as {@link readConfig}
 */
export function readConfigGroup<Schema extends z.ZodObject>(
  schema: Schema,
  env: Environment,
): z.output<Schema> | undefined {
  const set = variablesSet(schema, env);
  if (set.length === 0) return undefined;
  const missing = variablesOf(schema).filter(({ name, isRequired }) => isRequired && !set.includes(name));
  if (missing.length === 0) return readConfig(schema, env);
  const { values, problems } = readVariables(schema, env);
  for (const { path, message } of schema.partial().safeParse(values).error?.issues ?? [])
    problems.set(String(path[0]), `${String(path[0])} ${message}`);
  for (const { name } of missing)
    problems.set(name, `${name} is missing; it is needed together with ${set.join(', ')}`);
  throw problemsError(schema, problems);
}

/** The variables of a schema that are set, by NAME or, if secret, by NAME_FILE. */
export const variablesSet = (schema: z.ZodObject, env: Environment): string[] =>
  variablesOf(schema)
    .filter(({ name, isSecret }) => isSet(env[name]) || (isSecret && isSet(env[`${name}_FILE`])))
    .map(({ name }) => name);

const isSet = (value: string | undefined): value is string => value !== undefined && value !== '';

function readVariables(schema: z.ZodObject, env: Environment) {
  const values: Record<string, string> = {};
  const problems = new Map<string, string>();
  for (const { name, isSecret } of variablesOf(schema)) {
    const { value, problem } = isSecret ? readSecret(name, env) : { value: env[name], problem: undefined };
    if (problem !== undefined) problems.set(name, problem);
    else if (isSet(value)) values[name] = value;
  }
  return { values, problems };
}

const problemsError = (schema: z.ZodObject, problems: ReadonlyMap<string, string>): ConfigError =>
  new ConfigError(
    variablesOf(schema)
      .flatMap(({ name }) => problems.get(name) ?? [])
      .join('\n'),
  );

function readSecret(name: string, env: Environment): { value?: string | undefined; problem?: string } {
  const [value, file] = [env[name], env[`${name}_FILE`]];
  if (!isSet(file)) return { value };
  if (isSet(value)) return { problem: `${name} is set twice, by itself and by ${name}_FILE; unset one of them` };
  try {
    const content = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    return content === '' ? { problem: `${name}_FILE names an empty file: ${file}` } : { value: content };
  } catch (error) {
    return {
      problem: `${name}_FILE names a file that can't be read: ${file} (${(error as NodeJS.ErrnoException).code ?? 'unknown cause'})`,
    };
  }
}
