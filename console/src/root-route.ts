import { createRootRoute } from '@tanstack/react-router';
import { NoSuchPage } from './layout/no-such-page';
import { Shell } from './layout/shell';
import { FailedPage } from './parts/failed-page';

/** What all pages are in: each is a route below it, in a folder of its own below pages/. */
export const rootRoute = createRootRoute({
  component: Shell,
  notFoundComponent: NoSuchPage,
  errorComponent: FailedPage,
});
