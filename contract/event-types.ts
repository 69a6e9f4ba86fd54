import type { OperationState } from './states';

/** What an event is about. */
export type EventSubject = 'tenant' | 'operation' | 'step' | 'webhook' | 'fleet';

interface EventRow {
  /** What has happened, for people. */
  readonly meaning: string;
}

/** Everything that is told as it happens, by stable names: what triggers of the master database write. */
export const EVENTS = {
  'tenant.created': { meaning: 'a tenant was accepted, or registered' },
  'tenant.status-changed': { meaning: 'its status is another one' },
  'tenant.updated': { meaning: 'what people and other systems call it by, or what keeps it, was changed' },
  'tenant.usage-reached': { meaning: 'it uses 80 or 100 % of a limit of its plan; again once it has been below' },
  'tenant.gone': { meaning: 'nothing of it is left; its name is free' },
  'operation.requested': { meaning: 'an operation was accepted' },
  'operation.started': { meaning: 'a worker has taken it up' },
  'operation.parked': { meaning: 'steps wait for an answer; again whenever others do' },
  'operation.answered': { meaning: 'an answer has taken effect, whatever channel it came by' },
  'operation.unparked': { meaning: 'no step waits any more' },
  'operation.undoing': { meaning: 'it is rolled back from here on' },
  'operation.ended': { meaning: 'it has ended' },
  'step.succeeded': { meaning: 'an attempt of a step has succeeded' },
  'step.failed': { meaning: 'an attempt of a step has failed' },
  'webhook.created': { meaning: 'a webhook was made; others are told, and streams' },
  'webhook.disabled': {
    meaning: 'a webhook gets no more events: by a person, or because its receiver failed for days',
  },
  'webhook.enabled': { meaning: 'it gets events again, from where it stopped' },
  'webhook.updated': { meaning: 'it gets events of other types, or at another URL' },
  'webhook.secret-rotated': { meaning: 'its deliveries are signed by another secret' },
  'webhook.deleted': { meaning: 'it was removed' },
  'webhook.delivery-given-up': {
    meaning: 'a person has given up one of its deliveries; the next one of that tenant goes',
  },
  'fleet.upgrade-started': { meaning: 'an upgrade of the fleet was accepted' },
  'fleet.upgrade-paused': { meaning: 'it takes up no further tenants: by a person, or after failures' },
  'fleet.upgrade-resumed': { meaning: 'it goes on; also one that had ended, to try again what failed' },
  'fleet.upgrade-ended': { meaning: 'it takes up no more, and none is at work' },
} as const satisfies Record<`${EventSubject}.${string}`, EventRow>;

export type EventName = keyof typeof EVENTS;

export const EVENT_NAMES = Object.keys(EVENTS) as [EventName, ...EventName[]];

/** Which event tells that an operation has come into a state. */
export const STATE_EVENTS = {
  requested: 'operation.requested',
  running: 'operation.started',
  parked: 'operation.parked',
  undoing: 'operation.undoing',
  done: 'operation.ended',
  rolled_back: 'operation.ended',
  refused: 'operation.ended',
  incomplete: 'operation.ended',
} as const satisfies Record<OperationState, EventName>;

/** What a webhook is tried out by: sent to it alone, and in no stream. */
export const PING = 'webhook.ping';

/** What the `type` of a CloudEvent begins with: reverse DNS, as its specification wants it. */
const TYPE_PREFIX = 'com.freeflow.';

export const cloudEventType = <N extends string>(name: N): `${typeof TYPE_PREFIX}${N}` => `${TYPE_PREFIX}${name}`;

/** The name without what all types begin with; undefined for what is none of ours. */
export const eventNameOf = (type: string): string | undefined =>
  type.startsWith(TYPE_PREFIX) ? type.slice(TYPE_PREFIX.length) : undefined;
