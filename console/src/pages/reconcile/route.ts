import { rowId } from '@freeflow/contract/http';
import { createRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { lazyPage } from '../../parts/load-later';
import { rootRoute } from '../../root-route';

/** Which report is shown, also one that is not there yet; the last one where none is named. */
const search = z.object({ report: rowId().optional().catch(undefined) });

export const reconcileRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/reconcile',
  validateSearch: search,
  component: lazyPage(() => import('./page'), 'ReconcilePage'),
});
