import { createRoute } from '@tanstack/react-router';
import { lazyPage } from '../../parts/load-later';
import { rootRoute } from '../../root-route';

export const onCallRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/on-call',
  component: lazyPage(() => import('./page'), 'OnCallPage'),
});
