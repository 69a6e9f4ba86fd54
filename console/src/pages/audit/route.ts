import { auditQuery } from '@freeflow/contract/http';
import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { lazyPage } from '../../parts/load-later';
import { rootRoute } from '../../root-route';

const { tenant, actor, action, since } = auditQuery.shape;

/** What of the trail is shown, as the address has it; what makes no sense there is left out. */
const search = z.object({
  tenant: tenant.catch(undefined),
  actor: actor.catch(undefined),
  action: action.catch(undefined),
  since: since.catch(undefined),
  cursor: z.string().optional().catch(undefined),
});

export const auditRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/audit',
  validateSearch: search,
  component: lazyPage(() => import('./page'), 'AuditPage'),
});
