import { Grid, Loader, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Suspense } from 'react';
import { tenantQuery } from '../../api/tenants';
import { useApi } from '../../auth/session';
import { lazyPart } from '../../parts/load-later';
import { ProblemView } from '../../parts/problem-view';
import { Actions } from './actions';
import { Facts } from './facts';
import { TenantHeader } from './header';
import { Operations } from './operations';

// Below what one comes for: the page is shown before they are there.
const Connections = lazyPart(async () => (await import('./connections')).Connections);
const Usage = lazyPart(async () => (await import('./usage')).Usage);

const route = getRouteApi('/tenants/$tenantId');

/** One tenant: how it stands, what is done with it and was, and what can be done. */
export function TenantPage() {
  const { tenantId } = route.useParams();
  const { data: shown, error } = useQuery(tenantQuery(useApi(), tenantId));
  if (shown === undefined) return error === null ? <Loader aria-label="Loading" /> : <ProblemView error={error} />;
  const { tenant } = shown;
  return (
    <Stack gap="md">
      {error === null ? null : <ProblemView error={error} />}
      <TenantHeader tenant={tenant} />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Operations tenant={tenant} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack gap="md">
            {/* What is open of one tenant is not about the next one. */}
            <Actions key={tenant.id} shown={shown} />
            <Facts tenant={tenant} />
            <Suspense fallback={null}>
              <Connections key={tenant.id} tenant={tenant} />
              <Usage tenant={tenant} />
            </Suspense>
          </Stack>
        </Grid.Col>
      </Grid>
    </Stack>
  );
}
