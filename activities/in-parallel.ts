import { Limiter } from '../backends/limiter';

/**
 * Maps every item, begun in their order, so many at a time at most. When one throws, no further one is begun.
 * @returns the results, in the order of the items
 * @throws the first error, once all that were begun have ended
 */
export async function mapInParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const limiter = new Limiter(atOnce);
  const failed = new AbortController();
  const outcomes = await Promise.allSettled(
    items.map((item) =>
      limiter.run(failed.signal, async () => {
        failed.signal.throwIfAborted();
        try {
          return await map(item);
        } catch (error) {
          failed.abort(error);
          throw error;
        }
      }),
    ),
  );
  failed.signal.throwIfAborted();
  return outcomes.map((it) => (it as PromiseFulfilledResult<R>).value);
}
