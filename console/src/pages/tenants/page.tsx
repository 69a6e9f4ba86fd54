import { Group, Loader, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { tenantListQuery } from '../../api/tenants';
import { useApi } from '../../auth/session';
import { AnchorLink } from '../../parts/links';
import { ProblemView } from '../../parts/problem-view';
import { operationText, StatusBadge } from '../../parts/status-badge';
import { Time } from '../../parts/time';

const route = getRouteApi('/tenants');

/** All tenants, as far as they pass the filters of the address. */
export function TenantsPage() {
  const search = route.useSearch();
  const api = useApi();
  const { data, error, isPending } = useQuery(tenantListQuery(api, search));
  return (
    <>
      <Group justify="space-between" mb="md">
        <Title order={1} size="h3">
          Tenants
        </Title>
      </Group>
      {error === null ? null : <ProblemView error={error} />}
      {isPending ? <Loader aria-label="Loading" /> : null}
      {data === undefined ? null : (
        <Table.ScrollContainer minWidth={560}>
          <Table highlightOnHover verticalSpacing={6}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>Status</Table.Th>
                <Table.Th>Last operation</Table.Th>
                <Table.Th>Created</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.items.map(({ id, name, displayName, status, operation, createdAt }) => (
                <Table.Tr key={id}>
                  <Table.Td>
                    <AnchorLink to="/tenants/$tenantId" params={{ tenantId: id }} fw={500}>
                      {name}
                    </AnchorLink>
                    <Text span c="dimmed" size="sm" ml="xs">
                      {displayName}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    <StatusBadge status={status} />
                  </Table.Td>
                  <Table.Td>{operation === null ? '' : operationText(operation)}</Table.Td>
                  <Table.Td>
                    <Time at={createdAt} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </>
  );
}
