import { Group, Loader, Text, Title } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, useLocation, useNavigate } from '@tanstack/react-router';
import { auditQueryOf, type AuditFilter } from '../../api/audit';
import { useApi } from '../../auth/session';
import { Pager } from '../../parts/pager';
import { ProblemView } from '../../parts/problem-view';
import { AuditTable } from './audit-table';
import { ExportButton } from './export-button';
import { AuditFilters } from './filters';

const route = getRouteApi('/audit');

/** Who changed what, and who was refused. */
export function AuditPage() {
  const { cursor, ...filter } = route.useSearch();
  const navigate = useNavigate({ from: '/audit' });
  const { trail = [] } = useLocation().state;
  const { data, error, isPending } = useQuery({
    ...auditQueryOf(useApi(), { ...filter, cursor }),
    placeholderData: keepPreviousData,
  });
  const setFilter = (changed: AuditFilter) =>
    void navigate({ search: (search) => ({ ...search, ...changed, cursor: undefined }), replace: true });
  return (
    <>
      <Group justify="space-between" mb="sm">
        <Title order={1} size="h3">
          Audit
        </Title>
        <ExportButton filter={filter} />
      </Group>
      <AuditFilters filter={filter} onChange={setFilter} />
      {error === null ? null : <ProblemView error={error} />}
      {isPending && error === null ? <Loader aria-label="Loading" /> : null}
      {data === undefined ? null : (
        <>
          {data.items.length === 0 ? (
            <Text c="dimmed" ta="center" py="xl">
              Nothing in the audit trail matches.
            </Text>
          ) : (
            <AuditTable rows={data.items} />
          )}
          <Pager
            trail={trail}
            cursor={cursor}
            nextCursor={data.nextCursor}
            onGo={(to, way) =>
              void navigate({ search: (search) => ({ ...search, cursor: to }), state: { trail: way } })
            }
          />
        </>
      )}
    </>
  );
}
