import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../root-route';

export const onCallRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/on-call',
  component: lazyRouteComponent(() => import('./page'), 'OnCallPage'),
});
