import { z } from 'zod';
import { DbMasterError } from './errors';
import { isMasterUrl } from './master-url';

/** What a process is given; pass `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variable every program of this package needs. */
export const masterDatabaseUrl = z
  .string({ error: 'is missing; set it to postgresql://USER:PASSWORD@HOST:PORT/DATABASE' })
  .refine(isMasterUrl, 'is not of the form postgresql://USER:PASSWORD@HOST:PORT/DATABASE');

/**
 * Reads a program's configuration. Empty variables count as unset.
 * @throws DbMasterError `config-invalid`, one line for every missing or unusable variable, never with a value
 */
export function readConfig<Schema extends z.ZodType>(schema: Schema, env: Environment): z.output<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new DbMasterError('config-invalid', lines.join('\n'));
}
