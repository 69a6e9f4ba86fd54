/** A gate that lets so many through at a time; the others wait their turn. */
export function gateFor(width: number): <R>(work: () => Promise<R>) => Promise<R> {
  let free = width;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free--;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}

/** Does `work` for each item, so many at a time; the results are in the items' order. */
export function pooled<T, R>(width: number, items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const gate = gateFor(width);
  return Promise.all(items.map((item) => gate(() => work(item))));
}
