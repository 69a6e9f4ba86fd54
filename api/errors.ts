/** One row per error the API can answer with: the HTTP status, a title that never changes, and what to do about it. */
export const CATALOGUE = {
  'body-invalid': {
    status: 400,
    title: 'The request body is wrong',
    advice: 'Correct what errors[] points at and send it again.',
  },
  'request-invalid': {
    status: 400,
    title: 'The request is wrong',
    advice: 'Correct what errors[] points at and send it again.',
  },
  'value-unstorable': {
    status: 400,
    title: 'A value of the request can not be stored',
    advice: 'Send plain text in UTF-8, without control characters.',
  },
  'http-invalid': {
    status: 400,
    title: 'This is not a valid HTTP request',
    advice: 'Send HTTP/1.1 by a client or proxy that follows RFC 9112.',
  },
  unauthenticated: {
    status: 401,
    title: 'No valid token',
    advice: 'Get a new access token and send it as Authorization: Bearer ...',
  },
  forbidden: {
    status: 403,
    title: 'Permission is missing',
    advice: 'Ask for the permission system:* or use an account that has it.',
  },
  'route-unknown': { status: 404, title: 'There is no such route', advice: 'See /docs for the routes there are.' },
  'tenant-unknown': {
    status: 404,
    title: 'There is no such tenant',
    advice: 'Look up its id with GET /tenants?name=...; a tenant that is gone shows with gone=true.',
  },
  'report-unknown': {
    status: 404,
    title: 'There is no such report',
    advice: 'Reports are made every hour and by POST /reconcile; one that was asked for is there once it has ended.',
  },
  'tenant-name-taken': {
    status: 409,
    title: 'A tenant of that name exists',
    advice: 'Choose another name, or look at the existing one with GET /tenants?name=...',
  },
  'operation-in-progress': {
    status: 409,
    title: 'Another operation on this tenant is under way',
    advice:
      'Wait until it has ended (GET /tenants/{id} shows it, with a link to its run), abort it where it is parked, or interrupt it by DELETE with mode=hard&force=true.',
  },
  'force-required': {
    status: 409,
    title: 'The tenant is active',
    advice: 'All its data would be gone. If that is what you want, repeat with force=true.',
  },
  'operation-changed': {
    status: 409,
    title: 'Another operation is under way than the one meant',
    advice:
      'Look at the tenant as it is now (GET /tenants/{id}) and answer that operation, if it is still what you want.',
  },
  'not-stuck': {
    status: 409,
    title: 'Nothing is stuck there',
    advice:
      'GET /tenants/{id} shows what the tenant does, GET /tenants/stuck all that is stuck. A step that is still being tried takes retry alone; DELETE with mode=hard&force=true interrupts it.',
  },
  'not-skippable': {
    status: 409,
    title: 'This step can not be skipped',
    advice: 'Only a drop or an undo can. Retry it, or abort the operation.',
  },
  'past-point-of-no-return': {
    status: 409,
    title: 'It is too late to abort',
    advice: 'What has begun to be undone or dropped is finished: retry the step, or skip it with a reason.',
  },
  'soft-deleted': {
    status: 409,
    title: 'The tenant is soft-deleted',
    advice: 'POST /tenants/{id}/restore brings it back, until it is purged; DELETE with mode=hard removes it for good.',
  },
  'being-deleted': {
    status: 409,
    title: 'The tenant is half deleted',
    advice: 'DELETE with mode=hard goes on with it; nothing else can be done with it any more.',
  },
  'never-active': {
    status: 409,
    title: 'The tenant was never completed',
    advice: 'DELETE with mode=hard removes what there is of it; then its name can be used again.',
  },
  'registered-only': {
    status: 409,
    title: 'The tenant is registered only, nothing was provisioned for it',
    advice: 'DELETE with mode=hard&force=true removes the registration; nothing else can be done with it.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request did not arrive in time',
    advice: 'Send it again over a connection that is faster.',
  },
  'body-too-large': {
    status: 413,
    title: 'The request body is too large',
    advice: 'No request of this API needs more than 64 KiB.',
  },
  'media-type-unsupported': {
    status: 415,
    title: 'The media type is not supported',
    advice: 'Send JSON with Content-Type: application/json.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    advice: 'Use a new key for every new request; repeat a request with its own key only.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    advice: 'Send fewer or shorter headers: 16 KiB in all.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong on our side',
    advice: 'Try again; if it stays, give the requestId to whoever runs this API.',
  },
  'orchestrator-unavailable': {
    status: 503,
    title: 'Temporal does not answer',
    advice: 'Try again in a few seconds, with the same Idempotency-Key.',
  },
  'master-database-unavailable': {
    status: 503,
    title: 'The master database does not answer',
    advice:
      'Try again in a few seconds. With an Idempotency-Key, the same one, it is done once however often it is asked for.',
  },
  'identity-provider-unavailable': {
    status: 503,
    title: 'The keys to check tokens with can not be fetched',
    advice: 'Try again in a few seconds.',
  },
} as const satisfies Record<string, { status: number; title: string; advice: string }>;

export type ProblemCode = keyof typeof CATALOGUE;

/** One thing wrong with the input: a JSON pointer into the body, or the name of a parameter or header. */
export interface InputError {
  pointer?: string;
  parameter?: string;
  header?: string;
  detail: string;
}

/** Thrown by handlers, answered as `application/problem+json` (RFC 9457). Its text is for the caller's eyes. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly more: { errors?: InputError[]; cause?: unknown; headers?: Record<string, string> } = {},
  ) {
    super(`${code}: ${detail}`, { cause: more.cause });
  }
}
