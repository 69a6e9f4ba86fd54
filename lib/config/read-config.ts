import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { ConfigError } from './errors';
import { variablesOf } from './table';

/** What a process is given; pass `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a program's configuration. Empty variables count as unset. A secret may be given as NAME_FILE, the path of a file
 * that holds it; a line end at its end is dropped.
 * @throws ConfigError, one line for every missing or unusable variable, never with a value
 */
export function readConfig<Schema extends z.ZodObject>(schema: Schema, env: Environment): z.output<Schema> {
  const given: Record<string, string> = {};
  const problems = new Map<string, string>();
  for (const { name, isSecret } of variablesOf(schema)) {
    const { value, problem } = isSecret ? readSecret(name, env) : { value: env[name], problem: undefined };
    if (problem !== undefined) problems.set(name, problem);
    else if (value !== undefined && value !== '') given[name] = value;
  }
  const result = schema.safeParse(given);
  for (const { path, message } of result.error?.issues ?? []) {
    const name = String(path[0]);
    if (!problems.has(name))
      problems.set(name, `${name} ${given[name] === undefined ? 'is missing; it ' : ''}${message}`);
  }
  if (result.success && problems.size === 0) return result.data;
  throw new ConfigError(
    variablesOf(schema)
      .flatMap(({ name }) => problems.get(name) ?? [])
      .join('\n'),
  );
}

function readSecret(name: string, env: Environment): { value?: string | undefined; problem?: string } {
  const [value, file] = [env[name], env[`${name}_FILE`]];
  if (file === undefined || file === '') return { value };
  if (value !== undefined && value !== '')
    return { problem: `${name} is set twice, by itself and by ${name}_FILE; unset one of them` };
  try {
    const content = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    return content === '' ? { problem: `${name}_FILE names an empty file: ${file}` } : { value: content };
  } catch (error) {
    return {
      problem: `${name}_FILE names a file that can't be read: ${file} (${(error as NodeJS.ErrnoException).code ?? 'unknown cause'})`,
    };
  }
}
