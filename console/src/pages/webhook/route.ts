import { DELIVERY_STATES } from '@freeflow/contract';
import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { lazyPage } from '../../parts/load-later';
import { rootRoute } from '../../root-route';

/** Which of its deliveries are shown. */
const search = z.object({
  state: z.enum(DELIVERY_STATES).optional().catch(undefined),
  cursor: z.string().optional().catch(undefined),
});

export const webhookRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/webhooks/$webhookId',
  validateSearch: search,
  component: lazyPage(() => import('./page'), 'WebhookPage'),
});
