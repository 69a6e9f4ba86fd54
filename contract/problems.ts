interface ProblemRow {
  /** The HTTP status. */
  readonly status: number;
  /** The same for every occurrence. */
  readonly title: string;
  /** What to do about it, for a client of the API; for everybody where there is no `commandAdvice`. */
  readonly advice: string;
  /** What to do about it, in commands of `freeflow`, where `advice` speaks of requests. */
  readonly commandAdvice?: string;
}

/** Every error that the API answers with, by its stable code: the one table that API and command line read. */
export const PROBLEMS = {
  'body-invalid': {
    status: 400,
    title: 'The request body is not valid',
    advice: 'Correct what errors[] points at and send it again.',
    commandAdvice: 'Correct the arguments; --help shows what the command takes.',
  },
  'request-invalid': {
    status: 400,
    title: 'The request is not valid',
    advice: 'Correct what errors[] points at and send it again.',
    commandAdvice: 'Correct the arguments; --help shows what the command takes.',
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
    commandAdvice: 'Get a new access token and set it as FREEFLOW_TOKEN, or set the client credentials instead.',
  },
  forbidden: {
    status: 403,
    title: 'Permission is missing',
    advice: 'Request the permission system:* or use an account that has it.',
  },
  'route-unknown': {
    status: 404,
    title: 'There is no such route',
    advice: 'See /docs for the routes there are.',
    commandAdvice: 'Is FREEFLOW_API_URL the API of FreeFlow, in the same version as this command?',
  },
  'tenant-unknown': {
    status: 404,
    title: 'There is no such tenant',
    advice: 'Find its id with GET /tenants?name=...; add gone=true to include those that are gone.',
    commandAdvice: 'See all tenants, gone ones included: freeflow tenants list --gone',
  },
  'report-unknown': {
    status: 404,
    title: 'There is no such report',
    advice: 'A report is there once its reconciliation has ended. Start one with POST /reconcile.',
    commandAdvice: 'A report is there once its reconciliation has ended. Start one: freeflow reconcile',
  },
  'webhook-unknown': {
    status: 404,
    title: 'There is no such webhook',
    advice: 'GET /webhooks lists those there are.',
    commandAdvice: 'See those there are: freeflow webhooks list',
  },
  'delivery-unknown': {
    status: 404,
    title: 'There is no such delivery',
    advice: 'GET /webhooks/{id}/deliveries lists those that are kept.',
    commandAdvice: 'See those that are kept: freeflow webhooks deliveries ID',
  },
  'too-many-webhooks': {
    status: 409,
    title: 'There are as many webhooks as there may be',
    advice: 'DELETE /webhooks/{id} of one that is not needed, or let one receiver pass events on to others.',
    commandAdvice: 'Delete one that is not needed: freeflow webhooks delete ID. Or let one receiver pass events on.',
  },
  'webhook-disabled': {
    status: 409,
    title: 'The webhook is disabled',
    advice: 'PATCH /webhooks/{id} with {"enabled": true} first; it then goes on from where it stopped by itself.',
    commandAdvice: 'First: freeflow webhooks enable ID. It then goes on from where it stopped by itself.',
  },
  'delivery-in-progress': {
    status: 409,
    title: 'It is being delivered, or waits for its turn',
    advice: 'GET /webhooks/{id}/deliveries shows how it goes on; what is tried again later can be sent at once.',
    commandAdvice: 'freeflow webhooks deliveries ID shows how it goes on.',
  },
  'delivery-arrived': {
    status: 409,
    title: 'It has been delivered',
    advice: 'There is nothing to give up: see GET /webhooks/{id}/deliveries?state=retrying for what is not taken.',
    commandAdvice:
      'There is nothing to give up. See what is not taken: freeflow webhooks deliveries ID --state retrying',
  },
  'tenant-name-taken': {
    status: 409,
    title: 'A tenant of that name exists',
    advice: 'Choose another name, or see the existing tenant with GET /tenants?name=...',
    commandAdvice: 'Choose another name, or see the existing tenant: freeflow tenants show NAME',
  },
  'external-id-taken': {
    status: 409,
    title: 'A tenant with that externalId exists',
    advice: 'See the existing tenant with GET /tenants?externalId=..., or give this one another externalId.',
    commandAdvice:
      'See the existing tenant: freeflow tenants list --external-id ID. Or give this one another external id.',
  },
  'deletion-protected': {
    status: 409,
    title: 'The tenant is protected from deletion',
    advice: 'If it is to be deleted all the same, first PATCH /tenants/{id} with {"deletionProtected": false}.',
    commandAdvice: 'If it is to be deleted all the same, first: freeflow tenants update NAME --no-protect',
  },
  'on-hold': {
    status: 409,
    title: 'The tenant is on hold: its data is kept until the hold ends',
    advice:
      'GET /tenants/{id} shows until when, and why. If it is to be deleted all the same, first DELETE /tenants/{id}/hold.',
    commandAdvice:
      'freeflow tenants show NAME shows until when, and why. If it is to be deleted all the same, first: freeflow tenants unhold NAME',
  },
  'not-active-yet': {
    status: 409,
    title: 'The tenant is still being created: it has no data that could be held',
    advice:
      'Send it again once GET /tenants/{id} shows the tenant active. Until then a create that fails or is aborted leaves nothing.',
    commandAdvice:
      'Repeat it once the tenant is active: freeflow tenants watch NAME. Until then a create that fails or is aborted leaves nothing.',
  },
  'operation-in-progress': {
    status: 409,
    title: 'Another operation on this tenant is in progress',
    advice:
      'Wait until it has ended (GET /tenants/{id} shows it, with a link to its run), abort it if it is parked, or interrupt it: DELETE with mode=hard&force=true.',
    commandAdvice:
      'Wait until it has ended (freeflow tenants watch NAME), abort it if it is parked (freeflow tenants abort NAME), or interrupt it and lose all data: freeflow tenants delete NAME --hard --force',
  },
  'cut-off': {
    status: 409,
    title: 'The tenant is suspended: its credentials are refused already',
    advice: 'POST /tenants/{id}/resume first; then rotate, with overlapSeconds 0 where the old ones must not work.',
    commandAdvice:
      'First: freeflow tenants resume NAME. Then rotate, with --now where the old credentials must not work.',
  },
  'overlap-open': {
    status: 409,
    title: 'The credentials before the last ones are still valid',
    advice:
      'Rotate again once that time is over (GET /tenants/{id} shows when), or with overlapSeconds 0, which ends all of the old ones.',
    commandAdvice:
      'Rotate again once that time is over (freeflow tenants show NAME), or with --now, which ends all of the old ones.',
  },
  'no-connection': {
    status: 409,
    title: 'The tenant has no connection there',
    advice: 'GET /tenants/{id} shows which it has.',
    commandAdvice: 'freeflow tenants show NAME shows which it has.',
  },
  'reveal-off': {
    status: 409,
    title: 'Credentials are not revealed here',
    advice:
      'The workers have CREDENTIALS_REVEAL=off. Who has the key of the secrets reads them by: freeflow tenants connect NAME.',
  },
  'force-required': {
    status: 409,
    title: 'A hard delete of an active tenant needs force',
    advice: 'It drops all data of the tenant. If that is what you want, repeat with force=true.',
    commandAdvice: 'It drops all data of the tenant. If that is what you want, repeat with --force.',
  },
  'operation-changed': {
    status: 409,
    title: 'The answer is for another operation',
    advice: 'See what is in progress now (GET /tenants/{id}), and answer that operation if you still want to.',
    commandAdvice:
      'See what is in progress now (freeflow tenants show NAME), and repeat the command if you still want to.',
  },
  'not-stuck': {
    status: 409,
    title: 'Nothing there waits for an answer',
    advice:
      'GET /tenants/stuck lists what does, GET /tenants/{id} shows this tenant. A step that is still retried takes retry alone; DELETE with mode=hard&force=true interrupts it.',
    commandAdvice:
      'freeflow tenants stuck lists what does, freeflow tenants show NAME shows this tenant. A step that is still retried takes retry alone; freeflow tenants delete NAME --hard --force interrupts it.',
  },
  'not-skippable': {
    status: 409,
    title: 'This step can not be skipped',
    advice: 'Only a drop or an undo can be. Retry it, or abort the operation.',
  },
  'past-point-of-no-return': {
    status: 409,
    title: 'It is too late to abort',
    advice: 'An undo or a drop that has begun is carried to its end. Retry the step, or skip it with a reason.',
  },
  suspended: {
    status: 409,
    title: 'The tenant is suspended',
    advice: 'POST /tenants/{id}/resume gives it its access back; then try again.',
    commandAdvice: 'freeflow tenants resume NAME gives it its access back; then try again.',
  },
  'fleet-upgrade-open': {
    status: 409,
    title: 'An upgrade of the fleet is under way',
    advice: 'Wait for its end, or cancel it: POST /fleet/upgrades/{id}/cancel. GET /fleet names it.',
    commandAdvice: 'Wait for its end (freeflow fleet status), or cancel it: freeflow fleet cancel.',
  },
  'fleet-upgrade-unknown': {
    status: 404,
    title: 'No upgrade of the fleet has this id',
    advice: 'GET /fleet names the last one.',
    commandAdvice: 'freeflow fleet plan names the last one.',
  },
  'fleet-upgrade-ended': {
    status: 409,
    title: 'The upgrade of the fleet has ended',
    advice: 'POST /fleet/upgrades starts another one.',
    commandAdvice: 'freeflow fleet upgrade starts another one.',
  },
  'no-blueprint': {
    status: 409,
    title: 'There is no such version of the blueprint',
    advice: 'Start a worker with BLUEPRINT_DIR, which publishes it; GET /fleet has the versions.',
    commandAdvice: 'Start a worker with BLUEPRINT_DIR, which publishes it; freeflow fleet plan has the versions.',
  },
  'soft-deleted': {
    status: 409,
    title: 'The tenant is soft-deleted',
    advice:
      'POST /tenants/{id}/restore brings it back until it is purged; DELETE with mode=hard drops its data for good.',
    commandAdvice:
      'freeflow tenants restore NAME brings it back until it is purged; freeflow tenants delete NAME --hard drops its data for good.',
  },
  'being-deleted': {
    status: 409,
    title: 'The tenant is half deleted',
    advice: 'Finish its deletion: DELETE with mode=hard. Nothing else can be done with it.',
    commandAdvice: 'Finish its deletion: freeflow tenants delete NAME --hard. Nothing else can be done with it.',
  },
  'being-soft-deleted': {
    status: 409,
    title: 'A soft delete of the tenant has begun',
    advice:
      'A hold keeps its data all the same: PUT /tenants/{id}/hold. Protect it once GET /tenants/{id} shows that the soft delete has ended; one that is parked can be aborted first.',
    commandAdvice:
      'A hold keeps its data all the same: freeflow tenants hold NAME. Protect it once the soft delete has ended (freeflow tenants watch NAME); one that is parked can be aborted first.',
  },
  'never-active': {
    status: 409,
    title: 'The tenant was never completed',
    advice: 'Remove what there is of it: DELETE with mode=hard. Then its name is free again.',
    commandAdvice: 'Remove what there is of it: freeflow tenants delete NAME --hard. Then its name is free again.',
  },
  'registered-only': {
    status: 409,
    title: 'The tenant is registered only; nothing was provisioned for it',
    advice: 'DELETE with mode=hard&force=true removes the registration. Nothing else can be done with it.',
    commandAdvice:
      'freeflow tenants delete NAME --hard --force removes the registration. Nothing else can be done with it.',
  },
  'event-unknown': {
    status: 410,
    title: 'Events after this one are missing',
    advice: 'Read what you follow anew (GET /tenants), then follow it without Last-Event-ID.',
    commandAdvice: 'See how things are now (freeflow tenants list), then follow what is new.',
  },
  'delivery-expired': {
    status: 410,
    title: 'The event of this delivery is kept no longer',
    advice: 'Read what it was about anew (GET /tenants).',
    commandAdvice: 'See how things are now: freeflow tenants list',
  },
  'request-timeout': {
    status: 408,
    title: 'The request did not arrive in time',
    advice: 'Send it again over a faster connection.',
  },
  'precondition-failed': {
    status: 412,
    title: 'The tenant has changed since it was read',
    advice: 'GET /tenants/{id} again, look at what has changed, and repeat the request with its ETag.',
    commandAdvice: 'See what has changed: freeflow tenants show NAME. Then repeat the command.',
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
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    advice: 'Wait as long as Retry-After says, then send it again, with the same Idempotency-Key.',
    commandAdvice: 'Wait a minute, then repeat the command.',
  },
  'too-many-streams': {
    status: 429,
    title: 'Too many streams of events are open',
    advice: 'End those that nobody needs any more, or follow several tenants by one stream of all: GET /events.',
    commandAdvice:
      'End commands that nobody needs any more, or follow several tenants by one: freeflow events. Then repeat the command.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    advice: 'Send fewer or shorter headers: 16 KiB in all.',
  },
  internal: {
    status: 500,
    title: 'The API failed',
    advice: 'Try again. If it fails again, give the requestId to the operators of this API: its log has the cause.',
  },
  'orchestrator-unavailable': {
    status: 503,
    title: 'Temporal does not answer',
    advice: 'Try again in a few seconds, with the same Idempotency-Key.',
    commandAdvice: 'Try again in a few seconds. If it stays, see what is down: freeflow doctor',
  },
  'master-database-unavailable': {
    status: 503,
    title: 'The master database does not answer',
    advice:
      'Try again in a few seconds, with the same Idempotency-Key: then it is done once, however often it is sent.',
    commandAdvice: 'Try again in a few seconds. If it stays, see what is down: freeflow doctor',
  },
  'no-worker': {
    status: 503,
    title: 'No worker has answered in time',
    advice:
      'See whether workers run (freeflow doctor), then send it again. Who has the key of the secrets needs no worker: freeflow tenants connect NAME.',
  },
  'credentials-unreadable': {
    status: 503,
    title: 'The worker could not read the credentials',
    advice: 'Mend what the detail says, then send it again.',
  },
  'sealing-key-missing': {
    status: 503,
    title: 'No worker has published what secrets are sealed by',
    advice: 'Start a worker: it does so within seconds. Then send it again.',
  },
  overloaded: {
    status: 503,
    title: 'The API has more to do than it can',
    advice: 'Wait as long as Retry-After says, then send it again, with the same Idempotency-Key.',
    commandAdvice: 'Try again in a few seconds. If it stays, run more replicas of the API.',
  },
  'identity-provider-unavailable': {
    status: 503,
    title: 'The keys to check tokens with can not be fetched',
    advice: 'Try again in a few seconds.',
    commandAdvice: 'Try again in a few seconds. If it stays, see what is down: freeflow doctor',
  },
} as const satisfies Record<string, ProblemRow>;

export type ProblemCode = keyof typeof PROBLEMS;

/** Whether this version knows the code. */
export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code);

/** What to do about a problem, for a user of the command line; undefined where this version does not know the code. */
export function commandAdviceOn(code: string): string | undefined {
  if (!isProblemCode(code)) return undefined;
  const { advice, commandAdvice }: ProblemRow = PROBLEMS[code];
  return commandAdvice ?? advice;
}
