import { OPERATION_STATES, TENANT_STATUSES } from '@freeflow/contract';
import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route';

/** What the list is filtered by, as the address has it; what makes no sense there is left out. */
const search = z.object({
  name: z.string().optional().catch(undefined),
  status: z.enum(TENANT_STATUSES).optional().catch(undefined),
  operation: z.enum(OPERATION_STATES).optional().catch(undefined),
  label: z.array(z.string()).optional().catch(undefined),
  gone: z.boolean().optional().catch(undefined),
  cursor: z.string().optional().catch(undefined),
});

export const tenantsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/tenants',
  validateSearch: search,
  component: lazyRouteComponent(() => import('./page'), 'TenantsPage'),
});
