import { OPERATION_STATES, TENANT_STATUSES } from '@freeflow/contract';
import { labelFilter } from '@freeflow/contract/http';
import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { lazyPage } from '../../parts/load-later';
import { rootRoute } from '../../root-route';
import { SORTS } from './sort';

/** What the list shows, as the address has it; what makes no sense there is left out. */
const search = z.object({
  prefix: z
    .stringFormat('prefix', /^[a-z0-9]{1,30}$/)
    .optional()
    .catch(undefined),
  status: z.enum(TENANT_STATUSES).optional().catch(undefined),
  operation: z.enum(OPERATION_STATES).optional().catch(undefined),
  plan: z.string().min(1).max(30).optional().catch(undefined),
  label: z.array(labelFilter).nonempty().optional().catch(undefined),
  gone: z.literal(true).optional().catch(undefined),
  cursor: z.string().optional().catch(undefined),
  sort: z.enum(SORTS).optional().catch(undefined),
  /** Whether the dialog for a new tenant is open. */
  create: z.literal(true).optional().catch(undefined),
});

export type TenantSearch = z.output<typeof search>;

export const tenantsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/tenants',
  validateSearch: search,
  component: lazyPage(() => import('./page'), 'TenantsPage'),
});
