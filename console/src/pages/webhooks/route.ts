import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { lazyPage } from '../../parts/load-later';
import { rootRoute } from '../../root-route';

/** Whether the dialog for a new one is open. */
const search = z.object({ create: z.literal(true).optional().catch(undefined) });

export const webhooksRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/webhooks',
  validateSearch: search,
  component: lazyPage(() => import('./page'), 'WebhooksPage'),
});
