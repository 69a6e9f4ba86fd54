import type { DeliveryBody, WebhookBody } from '@freeflow/contract/http';
import { Badge, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { ExpandableRow } from '../../parts/expandable-row';
import { AnchorLink } from '../../parts/links';
import { Time } from '../../parts/time';
import { Attempts } from './attempts';
import { DeliveryActions } from './delivery-actions';
import { STATE_COLOURS, STATE_NAMES } from './delivery-states';

/** One delivery; it opens to its attempts. */
export function DeliveryRow({ delivery, webhook }: { delivery: DeliveryBody; webhook: WebhookBody }) {
  const { type, eventId, tenantId, tenantName, state, createdAt } = delivery;
  const [isOpen, setOpen] = useState(false);
  return (
    <ExpandableRow
      of={`${type} ${eventId ?? ''}`}
      isOpen={isOpen}
      onToggle={() => setOpen(!isOpen)}
      details={<Attempts delivery={delivery} />}
      cells={6}
    >
      <Table.Td>
        {type}{' '}
        <Text span size="xs" c="dimmed">
          {eventId}
        </Text>
      </Table.Td>
      <Table.Td>
        {tenantId === null ? null : (
          <AnchorLink to="/tenants/$tenantId" params={{ tenantId }} size="sm">
            {tenantName ?? tenantId}
          </AnchorLink>
        )}
      </Table.Td>
      <Table.Td>
        <Badge variant="light" color={STATE_COLOURS[state]}>
          {STATE_NAMES[state]}
        </Badge>
      </Table.Td>
      <Table.Td>
        <LastAttempt delivery={delivery} />
      </Table.Td>
      <Table.Td className="one-line">
        <Time at={createdAt} />
      </Table.Td>
      <Table.Td>
        <DeliveryActions delivery={delivery} webhook={webhook} />
      </Table.Td>
    </ExpandableRow>
  );
}

/** What the last attempt came to, and when the next one is. */
function LastAttempt({ delivery: { attempts, nextAttemptAt } }: { delivery: DeliveryBody }) {
  const last = attempts.at(-1);
  return (
    <Text size="sm">
      {last === undefined ? 'not sent yet' : (last.cause ?? `answered ${last.status ?? '?'}`)}
      {nextAttemptAt === null ? null : (
        <Text span size="xs" c="dimmed">
          {' '}
          again <Time at={nextAttemptAt} />
        </Text>
      )}
    </Text>
  );
}
