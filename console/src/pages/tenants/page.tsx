import { Button, Group, Loader, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getRouteApi, useLocation, useNavigate } from '@tanstack/react-router';
import { Suspense } from 'react';
import { tenantListQuery } from '../../api/tenants';
import { useApi } from '../../auth/session';
import { lazyPart } from '../../parts/load-later';
import { Pager } from '../../parts/pager';
import { ProblemView } from '../../parts/problem-view';
import { TenantFilters } from './filters';
import type { TenantSearch } from './route';
import { TenantTable } from './tenant-table';

const route = getRouteApi('/tenants');
const CreateDialog = lazyPart(async () => (await import('./create-dialog')).CreateDialog);

/** All tenants, as far as they pass the filters of the address. */
export function TenantsPage() {
  const { sort, create, ...query } = route.useSearch();
  const navigate = useNavigate({ from: '/tenants' });
  const { trail = [] } = useLocation().state;
  const list = useQuery({ ...tenantListQuery(useApi(), query), placeholderData: keepPreviousData });
  const set = (changed: Partial<TenantSearch>, options?: { state?: { trail: readonly string[] }; replace?: boolean }) =>
    void navigate({ search: (search) => ({ ...search, ...changed }), ...options });
  const { cursor, ...filters } = query;
  return (
    <>
      <Group justify="space-between" mb="sm">
        <Title order={1} size="h3">
          Tenants
        </Title>
        <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => set({ create: true })}>
          New tenant
        </Button>
      </Group>
      <TenantFilters
        filters={filters}
        onChange={(changed) => set({ ...changed, cursor: undefined }, { replace: true })}
      />
      {list.error === null ? null : <ProblemView error={list.error} />}
      {list.isPending && list.error === null ? <Loader aria-label="Loading" /> : null}
      {list.data === undefined ? null : (
        <>
          {sort !== undefined && (cursor !== undefined || list.data.nextCursor !== null) ? (
            <Text size="xs" c="dimmed" ta="right">
              Sorted within this page alone: over all pages the newest come first
            </Text>
          ) : null}
          <TenantTable tenants={list.data.items} sort={sort} onSort={(to) => set({ sort: to }, { replace: true })} />
          {list.data.items.length === 0 ? <NothingFound isFiltered={Object.keys(filters).length > 0} /> : null}
          <Pager
            trail={trail}
            cursor={cursor}
            nextCursor={list.data.nextCursor}
            onGo={(to, way) => set({ cursor: to }, { state: { trail: way } })}
          />
        </>
      )}
      <Suspense fallback={null}>
        {create === true ? <CreateDialog onClose={() => set({ create: undefined }, { replace: true })} /> : null}
      </Suspense>
    </>
  );
}

const NothingFound = ({ isFiltered }: { isFiltered: boolean }) => (
  <Text c="dimmed" ta="center" py="xl">
    {isFiltered ? 'No tenant is like this.' : 'There is no tenant yet. A new one is ready in seconds.'}
  </Text>
);
