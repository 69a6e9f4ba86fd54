import type { DeliveryState } from '@freeflow/contract';

export const STATE_COLOURS = {
  waiting: 'gray',
  sending: 'blue',
  retrying: 'orange',
  delivered: 'teal',
  failed: 'red',
} as const satisfies Record<DeliveryState, string>;

/** As people call them. */
export const STATE_NAMES = {
  waiting: 'waiting',
  sending: 'sending',
  retrying: 'retrying',
  delivered: 'delivered',
  failed: 'given up',
} as const satisfies Record<DeliveryState, string>;
