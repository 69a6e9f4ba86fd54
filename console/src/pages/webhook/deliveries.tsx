import { DELIVERY_STATES } from '@freeflow/contract';
import type { WebhookBody } from '@freeflow/contract/http';
import { Group, Loader, NativeSelect, Table, Text, Title } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, useLocation, useNavigate } from '@tanstack/react-router';
import { deliveriesQuery } from '../../api/webhooks';
import { useApi } from '../../auth/session';
import { Pager } from '../../parts/pager';
import { ProblemView } from '../../parts/problem-view';
import { DeliveryRow } from './delivery-row';
import { STATE_NAMES } from './delivery-states';

const route = getRouteApi('/webhooks/$webhookId');
const STATES = [
  { value: '', label: 'any state' },
  ...DELIVERY_STATES.map((value) => ({ value, label: STATE_NAMES[value] })),
];

/** What was sent to a webhook, or is to be: newest first. */
export function Deliveries({ webhook }: { webhook: WebhookBody }) {
  const query = route.useSearch();
  const navigate = useNavigate({ from: '/webhooks/$webhookId' });
  const { trail = [] } = useLocation().state;
  const { data, error, isPending } = useQuery({
    ...deliveriesQuery(useApi(), webhook.id, query),
    placeholderData: keepPreviousData,
  });
  return (
    <section aria-labelledby="deliveries">
      <Group justify="space-between" align="center" mb="xs">
        <Title order={2} size="h4" id="deliveries">
          Deliveries
        </Title>
        <NativeSelect
          size="xs"
          aria-label="State"
          data={STATES}
          value={query.state ?? ''}
          onChange={({ currentTarget: { value } }) =>
            void navigate({ search: { state: DELIVERY_STATES.find((it) => it === value) }, replace: true })
          }
        />
      </Group>
      {error === null ? null : <ProblemView error={error} />}
      {isPending && error === null ? <Loader aria-label="Loading" /> : null}
      {data === undefined ? null : (
        <>
          {data.items.length === 0 ? (
            <Text c="dimmed" ta="center" py="xl">
              {query.state === undefined
                ? 'Nothing has been sent to it yet. A ping tries it out.'
                : 'No delivery is in this state.'}
            </Text>
          ) : (
            <Table.ScrollContainer minWidth={760}>
              <Table highlightOnHover verticalSpacing={4}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th w={36} aria-label="Attempts" />
                    <Table.Th>Event</Table.Th>
                    <Table.Th>Tenant</Table.Th>
                    <Table.Th>State</Table.Th>
                    <Table.Th>Last attempt</Table.Th>
                    <Table.Th>When</Table.Th>
                    <Table.Th aria-label="Actions" />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {data.items.map((delivery) => (
                    <DeliveryRow key={delivery.id} delivery={delivery} webhook={webhook} />
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )}
          <Pager
            trail={trail}
            cursor={query.cursor}
            nextCursor={data.nextCursor}
            onGo={(to, way) => void navigate({ search: { ...query, cursor: to }, state: { trail: way } })}
          />
        </>
      )}
    </section>
  );
}
