import type { FLEET_STATES, FLEET_TENANT_STATES } from '@freeflow/contract/http';

export type FleetState = (typeof FLEET_STATES)[number];
export type FleetTenantState = (typeof FLEET_TENANT_STATES)[number];

export const FLEET_COLOURS = {
  running: 'blue',
  paused: 'yellow',
  cancelled: 'gray',
  done: 'teal',
} as const satisfies Record<FleetState, string>;

/** In the order in which a tenant goes through them. */
export const TENANT_COLOURS = {
  done: 'teal',
  running: 'blue',
  failed: 'red',
  left: 'orange',
  cancelled: 'gray',
  waiting: 'gray',
} as const satisfies Record<FleetTenantState, string>;

/** As people call them. */
export const TENANT_STATE_NAMES = {
  done: 'done',
  running: 'at work',
  failed: 'failed',
  left: 'left for later',
  cancelled: 'not taken up',
  waiting: 'waiting',
} as const satisfies Record<FleetTenantState, string>;
