import { FLEET_TENANT_STATES, labelFilter } from '@freeflow/contract/http';
import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { lazyPage } from '../../parts/load-later';
import { rootRoute } from '../../root-route';

const search = z.object({
  /** An upgrade by its id; the last one when left out. */
  upgrade: z.uuid().optional().catch(undefined),
  /** Whom of it is shown. */
  state: z.enum(FLEET_TENANT_STATES).optional().catch(undefined),
  /** Whom it is counted for. */
  label: z.array(labelFilter).nonempty().optional().catch(undefined),
  /** Whether the dialog for a new upgrade is open. */
  start: z.literal(true).optional().catch(undefined),
});

export const fleetRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/fleet',
  validateSearch: search,
  component: lazyPage(() => import('./page'), 'FleetPage'),
});
