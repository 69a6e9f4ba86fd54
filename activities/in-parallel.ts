/**
 * Does `work` for every item, in their order, so many at a time at most. When one throws, no further one is begun.
 * @returns the results, in the order of the items
 * @throws the first error, once all that were begun have ended
 */
export async function inParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  let failure: { error: unknown } | undefined;
  const takeTurns = async (): Promise<void> => {
    for (const [at, item] of waiting) {
      if (failure !== undefined) return;
      try {
        results[at] = await work(item);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, takeTurns));
  if (failure !== undefined) throw failure.error;
  return results;
}
