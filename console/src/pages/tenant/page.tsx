import { Anchor, Group, Loader, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { logsQuery, tenantQuery } from '../../api/tenants';
import { useApi } from '../../auth/session';
import { ProblemView } from '../../parts/problem-view';
import { StateBadge, StatusBadge } from '../../parts/status-badge';
import { Time } from '../../parts/time';
import { useSettings } from '../../settings';

const route = getRouteApi('/tenants/$tenantId');

/** One tenant. */
export function TenantPage() {
  const { tenantId } = route.useParams();
  const { traceUrl } = useSettings();
  const api = useApi();
  const { data, error } = useQuery(tenantQuery(api, tenantId));
  const logs = useQuery(logsQuery(api, tenantId));
  if (data === undefined) return error === null ? <Loader aria-label="Loading" /> : <ProblemView error={error} />;
  const { name, status, operation } = data.tenant;
  return (
    <Stack>
      {error === null ? null : <ProblemView error={error} />}
      <Group>
        <Title order={1} size="h3">
          {name}
        </Title>
        <StatusBadge status={status} />
        {operation === null ? null : <StateBadge state={operation.state} />}
        {operation?.run.url ? <Anchor href={operation.run.url}>Run</Anchor> : null}
        {traceUrl !== null && operation?.traceId ? (
          <Anchor href={traceUrl.replace('{traceId}', operation.traceId)}>Trace</Anchor>
        ) : null}
      </Group>
      <Table.ScrollContainer minWidth={560}>
        <Table verticalSpacing={4}>
          <Table.Tbody>
            {logs.data?.items.map(({ id, step, status: outcome, message, createdAt }) => (
              <Table.Tr key={id}>
                <Table.Td>{step}</Table.Td>
                <Table.Td>{outcome}</Table.Td>
                <Table.Td>
                  <Text size="sm">{message}</Text>
                </Table.Td>
                <Table.Td>
                  <Time at={createdAt} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Stack>
  );
}
