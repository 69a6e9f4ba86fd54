import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '../../parts/load-later';
import { rootRoute } from '../../root-route';

export const tenantRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/tenants/$tenantId',
  component: lazyPage(() => import('./page'), 'TenantPage'),
});
