import { operationTitle, type OperationState, type TenantStatus } from '@freeflow/contract';
import type { OperationBody } from '@freeflow/contract/http';
import { Badge } from '@mantine/core';

const STATUS_COLOURS = {
  provisioning: 'blue',
  active: 'teal',
  suspended: 'yellow',
  deleting: 'orange',
  deleted: 'gray',
} as const satisfies Record<TenantStatus, string>;

const STATE_COLOURS = {
  requested: 'gray',
  running: 'blue',
  parked: 'red',
  undoing: 'orange',
  done: 'teal',
  rolled_back: 'orange',
  refused: 'gray',
  incomplete: 'red',
} as const satisfies Record<OperationState, string>;

/** How a tenant stands. */
export const StatusBadge = ({ status }: { status: TenantStatus }) => (
  <Badge variant="light" color={STATUS_COLOURS[status]}>
    {status}
  </Badge>
);

/** How an operation stands. */
export const StateBadge = ({ state }: { state: OperationState }) => (
  <Badge variant="dot" color={STATE_COLOURS[state]}>
    {state.replace('_', ' ')}
  </Badge>
);

/** An operation in a few words: `soft delete · parked`. */
export const operationText = ({ kind, state }: Pick<OperationBody, 'kind' | 'state'>): string =>
  `${operationTitle(kind)} · ${state.replace('_', ' ')}`;
