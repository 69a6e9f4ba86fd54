import { EVENT_NAMES, type DisabledReason } from '@freeflow/contract';
import type { WebhookBody } from '@freeflow/contract/http';
import { Badge, Group, Text } from '@mantine/core';
import { Time } from './time';

const REASONS = {
  person: 'by a person',
  failing: 'nothing has reached it for days',
  gone: 'it has answered 410',
} as const satisfies Record<DisabledReason, string>;

/** Whether a webhook gets what happens, and why not. */
export function WebhookBadge({ webhook: { state, disabledReason, failingSince } }: { webhook: WebhookBody }) {
  if (state === 'disabled')
    return (
      <Group gap={6}>
        <Badge variant="light" color={disabledReason === 'person' ? 'gray' : 'red'}>
          disabled
        </Badge>
        {disabledReason === null ? null : (
          <Text size="xs" c="dimmed">
            {REASONS[disabledReason]}
          </Text>
        )}
      </Group>
    );
  if (failingSince === null)
    return (
      <Badge variant="light" color="teal">
        enabled
      </Badge>
    );
  return (
    <Group gap={6}>
      <Badge variant="light" color="orange">
        failing
      </Badge>
      <Text size="xs" c="dimmed">
        since <Time at={failingSince} />
      </Text>
    </Group>
  );
}

/** Which events it gets, in a few words. */
export function eventsText({ eventTypes }: WebhookBody): string {
  const [first, ...more] = eventTypes;
  if (first === undefined) return 'all';
  return more.length === 0 ? first : `${eventTypes.length} of ${EVENT_NAMES.length}`;
}

/** How much it is still to get. */
export const undeliveredText = ({ undelivered, hasMoreUndelivered }: WebhookBody): string =>
  `${undelivered.toLocaleString()}${hasMoreUndelivered ? ' or more' : ''}`;
