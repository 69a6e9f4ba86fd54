import type { AuditAction } from '@freeflow/contract';
import { problemSchema, tenantSchema } from '@freeflow/contract/http';

/** A problem as a response of a route, for the description of the API. */
export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

/** The problems of every route that needs a token. */
export const commonProblems = {
  400: problem('The request is not valid; errors[] points at what is wrong'),
  401: problem('No valid token'),
  403: problem('The permission system:* is missing'),
  429: problem('More requests in a minute than a principal, or an address without a valid token, may send'),
  503: problem('The master database or the identity provider does not answer, or the API has too much to do'),
} as const;

export const notFound = { 404: problem('There is no such tenant') } as const;
export const conflict = {
  409: problem('The status of the tenant, or another operation on it, does not allow it'),
} as const;
export const tooLarge = { 413: problem('More than 64 KiB') } as const;
export const keyReused = { 422: problem('The Idempotency-Key was used for another request') } as const;

/** Where something of a tenant was changed at once. */
export const changedResponses = {
  200: tenantSchema.describe('Changed, or so already; with its new ETag'),
  ...commonProblems,
  ...notFound,
  409: problem('The externalId is taken, or the removal of the tenant has begun'),
  412: problem('The tenant has another ETag than If-Match names'),
  ...tooLarge,
} as const;

/** Where an operation, or an answer to one, was accepted. */
export const acceptedResponses = {
  202: tenantSchema.describe('Accepted and committed; also where there is nothing to do, or the same is in progress'),
  ...commonProblems,
  ...notFound,
  ...conflict,
  ...keyReused,
} as const;

/**
 * How the description of the API groups a route that needs a token, and what the route is called there and in the audit
 * trail.
 */
export const secured = (tag: 'tenants' | 'events' | 'reconcile' | 'audit', operationId: AuditAction) => ({
  tags: [tag],
  operationId,
  security: [{ bearer: [] }],
});
