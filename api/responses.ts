import type { AuditAction, ProblemCode } from '@freeflow/contract';
import { problemSchema, tenantSchema } from '@freeflow/contract/http';
import { problemExamples } from './problem-examples';

/** Problems as a response of a route, for the description of the API: with an example of each. */
export const problem = (description: string, ...codes: [ProblemCode, ...ProblemCode[]]) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema, examples: problemExamples(codes) } },
});

const UNAVAILABLE = ['master-database-unavailable', 'identity-provider-unavailable', 'overloaded'] as const;

/** The problems of every route that needs a token. */
export const commonProblems = {
  400: problem('The request is not valid; errors[] points at what is wrong', 'request-invalid', 'body-invalid'),
  401: problem('No valid token', 'unauthenticated'),
  403: problem('The permission system:* is missing', 'forbidden'),
  429: problem(
    'More requests in a minute than a principal, or an address without a valid token, may send',
    'rate-limited',
  ),
  503: problem(
    'The master database or the identity provider does not answer, or the API has too much to do',
    ...UNAVAILABLE,
  ),
} as const;

/** Where Temporal has to answer at once. */
export const temporalAway = {
  503: problem('As elsewhere, or Temporal does not answer', ...UNAVAILABLE, 'orchestrator-unavailable'),
} as const;

export const notFound = { 404: problem('There is no such tenant', 'tenant-unknown') } as const;
const conflict = {
  409: problem(
    'The status of the tenant, or another operation on it, does not allow it',
    'operation-in-progress',
    'suspended',
    'soft-deleted',
    'being-deleted',
    'never-active',
    'registered-only',
    'force-required',
    'deletion-protected',
    'on-hold',
  ),
} as const;
export const tooLarge = { 413: problem('More than 64 KiB', 'body-too-large') } as const;
export const keyReused = {
  422: problem('The Idempotency-Key was used for another request', 'idempotency-key-reused'),
} as const;

/** Where something of a tenant was changed at once. */
export const changedResponses = {
  200: tenantSchema.describe('Changed, or so already; with its new ETag'),
  ...commonProblems,
  ...notFound,
  409: problem(
    'The externalId is taken, or the removal of the tenant has begun',
    'external-id-taken',
    'being-deleted',
    'not-active-yet',
  ),
  412: problem('The tenant has another ETag than If-Match names', 'precondition-failed'),
  ...tooLarge,
} as const;

/** Where an operation was accepted for a part of a change. */
export const planResponses = {
  202: tenantSchema.describe('As 200, and the operation that changes its plan was accepted, or is in progress'),
  409: problem(
    'The externalId is taken, the removal of the tenant has begun, or its status or another operation on it does not allow another plan',
    'external-id-taken',
    'being-deleted',
    'operation-in-progress',
    'soft-deleted',
    'never-active',
    'registered-only',
  ),
} as const;

/** Where an operation was accepted. */
export const acceptedResponses = {
  202: tenantSchema.describe('Accepted and committed; also where there is nothing to do, or the same is in progress'),
  ...commonProblems,
  ...notFound,
  ...conflict,
  ...keyReused,
} as const;

/** Where a secret is sealed. */
export const keyMissing = {
  503: problem('As elsewhere, or no worker has published a key to seal by', ...UNAVAILABLE, 'sealing-key-missing'),
} as const;

/** Where a worker has to answer at once. */
export const noReveal = {
  503: problem(
    'As elsewhere, or Temporal or no worker answers in time, or what has the secrets does not',
    ...UNAVAILABLE,
    'orchestrator-unavailable',
    'no-worker',
    'credentials-unreadable',
  ),
} as const;

/** Where an answer to one was given. */
export const answeredResponses = {
  202: tenantSchema.describe('Given to the run that waits for it; with Idempotency-Key once, however often it is sent'),
  ...commonProblems,
  ...temporalAway,
  ...notFound,
  409: problem(
    'Nothing waits for this answer, or not any more',
    'not-stuck',
    'not-skippable',
    'past-point-of-no-return',
    'operation-changed',
  ),
  ...keyReused,
} as const;

/**
 * How the description of the API groups a route that needs a token, and what the route is called there and in the audit
 * trail.
 */
export const secured = (
  tag: 'tenants' | 'fleet' | 'plans' | 'events' | 'reconcile' | 'audit' | 'webhooks',
  operationId: AuditAction,
) => ({
  tags: [tag],
  operationId,
  security: [{ bearer: [] }],
});
