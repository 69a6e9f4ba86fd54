import type { AnswerAction } from './answers';
import type { OperationRequestName } from './operation-requests';

/**
 * What each request for an operation is called in the audit trail, which is also the operationId of its route. Those of
 * DELETE share their route; the detail of the row has what was requested.
 */
export const REQUEST_ACTIONS = {
  create: 'tenants.create',
  suspend: 'tenants.suspend',
  resume: 'tenants.resume',
  soft_delete: 'tenants.delete',
  hard_delete: 'tenants.delete',
  hard_delete_forced: 'tenants.delete',
  restore: 'tenants.restore',
  upgrade: 'tenants.upgrade',
  adopt: 'tenants.adopt',
  // With what else a PATCH changes; the detail of the row has the plan.
  change_plan: 'tenants.update',
  rotate: 'tenants.rotate',
} as const satisfies Record<OperationRequestName, string>;

/** The same of the requests by which on-call answers. */
export const ANSWER_REQUEST_ACTIONS = {
  retry: 'tenants.retry',
  abort: 'tenants.abort',
  skip: 'tenants.skip',
} as const satisfies Record<AnswerAction, string>;

/**
 * An answer that takes effect, whatever channel it came by; and an interruption, by which a forced deletion rolls back.
 */
export const ANSWER_EFFECT_ACTIONS = {
  retry: 'answers.retry',
  abort: 'answers.abort',
  skip: 'answers.skip',
  interrupt: 'answers.interrupt',
} as const satisfies Record<AnswerAction | 'interrupt', string>;

/** All other routes that need a token. */
const OTHER_ACTIONS = [
  'tenants.update',
  'tenants.hold',
  'tenants.release-hold',
  'tenants.retry-all',
  'tenants.list',
  'tenants.show',
  'tenants.logs',
  'tenants.operations',
  'tenants.stuck',
  'plans.list',
  'tenants.usage',
  'tenants.list-usage',
  'tenants.reveal',
  'tenants.events',
  'events.follow',
  'fleet.show',
  'fleet.upgrade',
  'fleet.show-upgrade',
  'fleet.pause',
  'fleet.resume',
  'fleet.cancel',
  'fleet.retry',
  'reconcile.start',
  'reconcile.last',
  'reconcile.show',
  'resources.drop',
  'resources.show-drop',
  'audit.list',
  'webhooks.list',
  'webhooks.create',
  'webhooks.show',
  'webhooks.update',
  'webhooks.rotate-secret',
  'webhooks.delete',
  'webhooks.deliveries',
  'webhooks.show-delivery',
  'webhooks.give-up',
  'webhooks.redeliver',
  'webhooks.redeliver-all',
  'webhooks.ping',
] as const;

/**
 * What is done with secrets past the API: read by `freeflow tenants connect`, or by an application with
 * `resolveSecret()`; read by a worker for whoever has asked the API, which can't (`secrets.reveal`: its own row); all
 * sealed anew, or moved, by `freeflow secrets`.
 */
const SECRET_ACTIONS = [
  'secrets.connect',
  'secrets.resolve',
  'secrets.reveal',
  'secrets.rekey',
  'secrets.move',
] as const;

/** Everything that the audit trail has rows of, by stable names. A route has one, or it does not compile. */
export const AUDIT_ACTIONS = [
  ...new Set([
    ...Object.values(REQUEST_ACTIONS),
    ...Object.values(ANSWER_REQUEST_ACTIONS),
    ...OTHER_ACTIONS,
    ...Object.values(ANSWER_EFFECT_ACTIONS),
    ...SECRET_ACTIONS,
  ]),
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export const isAuditAction = (name: unknown): name is AuditAction => AUDIT_ACTIONS.some((it) => it === name);

/**
 * `begun`: about to be done, written first where the change itself is not in the master database's hands; how it went
 * is another row of the same request. `accepted`: committed, together with the change. `refused`: nothing was done.
 * `failed`: begun, and not accepted. `done`: it has taken effect.
 */
export const AUDIT_OUTCOMES = ['begun', 'accepted', 'refused', 'failed', 'done'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** Which channel it came by. `temporal`: an answer past the API, by Temporal's UI or client. */
export const AUDIT_CHANNELS = ['api', 'temporal', 'command', 'library'] as const;
export type AuditChannel = (typeof AUDIT_CHANNELS)[number];

/** The statuses of refused calls that are kept. */
export const AUDITED_REFUSALS: readonly number[] = [401, 403, 409, 422, 429];

/**
 * What is younger than this is deleted by nobody, in days, whatever a worker asks for: rows of the audit trail,
 * operations and their logs.
 */
export const LEAST_RETENTION_DAYS = 30;
