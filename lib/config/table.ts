import { z } from 'zod';
import type { JsonForm } from './kinds';

/** A variable of a program, for --help, documents, and code that must keep it from other processes. */
export interface Variable {
  readonly name: string;
  readonly meaning: string;
  /** What it must be: the end of the sentence "X must be ...". */
  readonly form: string;
  /** The same for a JSON Schema, as far as one can say it. */
  readonly json: JsonForm;
  /** What it is when it is not set, as one would write it. */
  readonly standard: string | undefined;
  readonly isRequired: boolean;
  /** It carries a credential, and may be given as NAME_FILE. */
  readonly isSecret: boolean;
}

/** The variables of a program, in the order of its schema. */
export const variablesOf = (schema: z.ZodObject): Variable[] =>
  Object.entries(schema.shape).map(([name, it]) => variableOf(name, it));

function variableOf(name: string, schema: z.core.$ZodType): Variable {
  const { description = '', form, json, isSecret } = metaOf(schema);
  return {
    name,
    meaning: description,
    form: typeof form === 'string' ? form : '',
    json: (json ?? {}) as JsonForm,
    standard: schema instanceof z.ZodDefault ? String(schema.def.defaultValue) : undefined,
    isRequired: !(schema instanceof z.ZodDefault || schema instanceof z.ZodOptional),
    isSecret: isSecret === true,
  };
}

/** What was noted of a schema and of those it wraps: a default, an optional or a transformed one. */
function metaOf(schema: z.core.$ZodType): z.core.GlobalMeta {
  const isWrapper = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault;
  const inner = isWrapper ? schema.def.innerType : schema instanceof z.ZodPipe ? schema.def.in : undefined;
  return { ...(inner === undefined ? {} : metaOf(inner)), ...z.globalRegistry.get(schema) };
}

/** The part of a --help that lists a program's variables. */
export function variablesHelp(schema: z.ZodObject): string {
  const variables = variablesOf(schema);
  const width = Math.max(...variables.map(({ name }) => name.length));
  const lines = variables.map(
    ({ name, meaning, form, standard, isRequired }) =>
      `  ${name.padEnd(width)}  ${meaning}${isRequired ? `: ${form}` : ''}${standard === undefined ? '' : ` (default ${standard})`}`,
  );
  const fromFiles = variables.filter(({ isSecret }) => isSecret).map(({ name }) => `${name}_FILE`);
  return ['Environment:', ...lines, `From a file: ${fromFiles.join(', ')}`].join('\n');
}
