import { Button, Group, Loader, Table, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Suspense } from 'react';
import { webhooksQuery } from '../../api/webhooks';
import { useApi } from '../../auth/session';
import { AnchorLink } from '../../parts/links';
import { lazyPart } from '../../parts/load-later';
import { ProblemView } from '../../parts/problem-view';
import { Time } from '../../parts/time';
import { eventsText, undeliveredText, WebhookBadge } from '../../parts/webhook-state';

const route = getRouteApi('/webhooks');
const CreateDialog = lazyPart(async () => (await import('./create-dialog')).CreateDialog);

/** Where events are sent. */
export function WebhooksPage() {
  const { create } = route.useSearch();
  const navigate = useNavigate({ from: '/webhooks' });
  const { data, error, isPending } = useQuery(webhooksQuery(useApi()));
  return (
    <>
      <Group justify="space-between" mb="sm">
        <Title order={1} size="h3">
          Webhooks
        </Title>
        <Button
          size="xs"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => void navigate({ search: { create: true } })}
        >
          New webhook
        </Button>
      </Group>
      {error === null ? null : <ProblemView error={error} />}
      {isPending && error === null ? <Loader aria-label="Loading" /> : null}
      {data?.items.length === 0 ? (
        <Text c="dimmed" ta="center" py="xl">
          There is no webhook yet. One sends events to a URL as they happen, signed.
        </Text>
      ) : null}
      {data === undefined || data.items.length === 0 ? null : (
        <Table.ScrollContainer minWidth={720}>
          <Table highlightOnHover verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>URL</Table.Th>
                <Table.Th>State</Table.Th>
                <Table.Th>Events</Table.Th>
                <Table.Th ta="right">Undelivered</Table.Th>
                <Table.Th>Created</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.items.map((webhook) => (
                <Table.Tr key={webhook.id}>
                  <Table.Td className="any-break">
                    <AnchorLink to="/webhooks/$webhookId" params={{ webhookId: webhook.id }} fw={500}>
                      {webhook.url}
                    </AnchorLink>
                    <Text size="sm" c="dimmed">
                      {webhook.description}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <WebhookBadge webhook={webhook} />
                  </Table.Td>
                  <Table.Td>{eventsText(webhook)}</Table.Td>
                  <Table.Td ta="right">{undeliveredText(webhook)}</Table.Td>
                  <Table.Td>
                    <Time at={webhook.createdAt} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Suspense fallback={null}>
        {create === true ? <CreateDialog onClose={() => void navigate({ search: {}, replace: true })} /> : null}
      </Suspense>
    </>
  );
}
