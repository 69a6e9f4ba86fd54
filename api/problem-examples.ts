import { PROBLEMS, type ProblemCode } from '@freeflow/contract';
import type { InputError, ProblemBody } from '@freeflow/contract/http';
import { Problem } from './errors';
import { bodyOf } from './plugins/problems';

const REQUEST_ID = '4f7a2b90-1c3d-4e5f-8a6b-9c0d1e2f3a4b';

/** What is wrong, and where, in the examples of those that point at it. */
const ERRORS: Partial<Record<ProblemCode, InputError[]>> = {
  'request-invalid': [{ parameter: 'limit', detail: 'must be a whole number, 1 to 200' }],
  'body-invalid': [{ pointer: '/name', detail: 'must be 3 to 30 characters, a-z and 0-9 only' }],
};

/** Answers with these problems, by their codes, as OpenAPI shows examples. */
export const problemExamples = (
  codes: readonly ProblemCode[],
): Record<string, { summary: string; value: ProblemBody }> =>
  Object.fromEntries(codes.map((code) => [code, { summary: PROBLEMS[code].title, value: exampleOf(code) }]));

function exampleOf(code: ProblemCode): ProblemBody {
  const errors = ERRORS[code];
  const problem = new Problem(code, `${PROBLEMS[code].title}.`, errors === undefined ? {} : { errors });
  return bodyOf(problem, REQUEST_ID);
}
