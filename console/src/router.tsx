import { createRoute, createRouter, redirect } from '@tanstack/react-router';
import { BASE } from './auth/user-manager';
import { auditRoute } from './pages/audit/route';
import { fleetRoute } from './pages/fleet/route';
import { onCallRoute } from './pages/on-call/route';
import { reconcileRoute } from './pages/reconcile/route';
import { tenantRoute } from './pages/tenant/route';
import { tenantsRoute } from './pages/tenants/route';
import { webhookRoute } from './pages/webhook/route';
import { webhooksRoute } from './pages/webhooks/route';
import { FailedPage } from './parts/failed-page';
import { rootRoute } from './root-route';

const startRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: () => {
    // eslint-disable-next-line typescript/only-throw-error -- the router's way to say it
    throw redirect({ to: '/tenants' });
  },
});

/** All pages. A new one is a folder below pages/ and a line here; in the menu by layout/navigation.ts. */
const routeTree = rootRoute.addChildren([
  startRoute,
  tenantsRoute,
  tenantRoute,
  onCallRoute,
  fleetRoute,
  reconcileRoute,
  webhooksRoute,
  webhookRoute,
  auditRoute,
]);

export const createPageRouter = () =>
  createRouter({
    routeTree,
    basepath: BASE,
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultErrorComponent: FailedPage,
  });

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPageRouter>;
  }
}
