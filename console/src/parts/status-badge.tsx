import { isOpenState, operationTitle, type OperationState, type TenantStatus } from '@freeflow/contract';
import type { OperationBody, TenantBody } from '@freeflow/contract/http';
import { Badge, Group, Text } from '@mantine/core';
import { IconLock, IconShieldLock } from '@tabler/icons-react';
import { Hint } from './hint';
import { localTime, utcTime } from './time-text';

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
export const StatusBadge = ({ status, isGone = false }: { status: TenantStatus; isGone?: boolean }) => (
  <Badge variant="light" color={isGone ? 'gray' : STATUS_COLOURS[status]}>
    {isGone ? 'gone' : status}
  </Badge>
);

/** How an operation stands. */
export const StateBadge = ({ state }: { state: OperationState }) => (
  <Badge variant="dot" color={STATE_COLOURS[state]}>
    {state.replace('_', ' ')}
  </Badge>
);

/** An operation in a line: what it is, how it stands, and the step that keeps it from going on. */
export const OperationView = ({ operation: { kind, state, step } }: { operation: OperationBody }) => (
  <Group gap={6} wrap="nowrap">
    <Text size="sm">{operationTitle(kind)}</Text>
    <StateBadge state={state} />
    {step !== null && isOpenState(state) ? (
      <Text size="xs" c="dimmed">
        {step}
      </Text>
    ) : null}
  </Group>
);

/** What keeps a tenant from being deleted. */
export function KeptBadges({ tenant: { deletionProtected, holdUntil, holdReason } }: { tenant: TenantBody }) {
  return (
    <>
      {deletionProtected ? (
        <Hint text="Every deletion is refused, until the protection is taken off">
          <Badge variant="default" leftSection={<IconShieldLock size={12} aria-hidden />}>
            protected
          </Badge>
        </Hint>
      ) : null}
      {holdUntil === null ? null : (
        <Hint text={`Until ${localTime(new Date(holdUntil))} (${utcTime(new Date(holdUntil))}): ${holdReason ?? ''}`}>
          <Badge variant="default" leftSection={<IconLock size={12} aria-hidden />}>
            on hold
          </Badge>
        </Hint>
      )}
    </>
  );
}
