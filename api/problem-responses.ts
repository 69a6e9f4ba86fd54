import { problemSchema } from '@freeflow/contract/http';

/** A problem as a response of a route, for the description of the API. */
export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

/** What every route behind the token can answer. */
export const commonProblems = {
  400: problem('The request is wrong; errors[] says where'),
  401: problem('No valid token'),
  403: problem('The permission system:* is missing'),
  503: problem('The master database or the identity provider does not answer'),
} as const;

export const notFound = { 404: problem('There is no such tenant') } as const;
export const conflict = { 409: problem('The tenant, or another operation on it, stands in the way') } as const;
export const tooLarge = { 413: problem('More than 64 KiB') } as const;
export const keyReused = { 422: problem('The Idempotency-Key was used for another request') } as const;
