import type { InputError } from '@freeflow/contract/http';
import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';

/** A request that its schema refuses. Fastify adds which part of it: body, params, querystring or headers. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
  readonly validationContext?: string;

  constructor(readonly issues: readonly z.core.$ZodIssue[]) {
    super('the request does not fit its schema');
  }
}

/** Checks a part of a request by its zod schema. What a schema has no words for is described in ours, not in zod's. */
export const validateInput: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (input: unknown) => {
    // Fastify has null where there is no body.
    const { success, data, error } = schema.safeParse(input ?? undefined, { error: describeIssue });
    return success ? { value: data } : { error: new InvalidInput(error.issues) };
  };

/** Everything that is wrong with a request, each with its place. */
export function inputErrorsOf({ issues, validationContext = 'body' }: InvalidInput): InputError[] {
  return issues.flatMap((issue) =>
    pathsOf(issue).map((path) => ({ ...placeOf(validationContext, path), detail: issue.message })),
  );
}

/** The words that follow the place: `/name: must be a string`. */
function describeIssue(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'invalid_type')
    return issue.input === undefined ? 'is missing' : `must be ${TYPES[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
  // Of a key of a record, at the key: what is wrong with it.
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? 'is no valid key';
  return issue.code === 'unrecognized_keys' ? 'is not a known field' : 'is not valid';
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

/** A member too many is pointed at itself, not at the object that holds it. */
const pathsOf = (issue: z.core.$ZodIssue): PropertyKey[][] =>
  issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];

function placeOf(where: string, path: readonly PropertyKey[]): Omit<InputError, 'detail'> {
  if (where === 'body') return { pointer: path.map((it) => `/${escapePointer(String(it))}`).join('') };
  // Of a parameter that is repeated, it matters little which of them.
  const name = String(path[0] ?? '');
  return where === 'headers' ? { header: name } : { parameter: name };
}

/** https://www.rfc-editor.org/rfc/rfc6901#section-3 */
const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
