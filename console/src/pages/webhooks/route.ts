import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../root-route';

/** Whether the dialog for a new one is open. */
const search = z.object({ create: z.literal(true).optional().catch(undefined) });

export const webhooksRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/webhooks',
  validateSearch: search,
  component: lazyRouteComponent(() => import('./page'), 'WebhooksPage'),
});
