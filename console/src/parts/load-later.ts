import { lazyRouteComponent } from '@tanstack/react-router';
import { lazy, type ComponentType } from 'react';
import { isAnswering } from '../api/is-answering';

const AGAIN_MS = 2_000;

/** A page that is loaded when it is opened, or pointed at. */
export const lazyPage = <M extends Record<string, unknown>, K extends keyof M & string>(
  load: () => Promise<M>,
  name: K,
) => lazyRouteComponent(() => untilLoaded(load), name);

/** A part of one that is loaded when it is shown. */
export const lazyPart = <P>(load: () => Promise<ComponentType<P>>) =>
  lazy(async () => ({ default: await untilLoaded(load) }));

/**
 * Waits while the API is away: a part that was given up stays so, and for a page the router would load all of
 * the console anew, which is not there either.
 */
async function untilLoaded<M>(load: () => Promise<M>): Promise<M> {
  for (;;)
    try {
      return await load();
    } catch {
      // It may have come back just now; what fails then has been replaced by a newer build.
      if (await isAnswering()) return load();
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
}
