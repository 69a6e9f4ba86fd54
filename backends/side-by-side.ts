/**
 * Does several things at a time, and gives what each gave, in their order. Waits for all of them also when one fails:
 * what goes on must not outlive the lock it is done under.
 * @throws what the first of them in order has thrown
 */
export async function sideBySide<T extends readonly unknown[]>(
  ...doing: { readonly [I in keyof T]: Promise<T[I]> }
): Promise<T> {
  const outcomes = await Promise.allSettled(doing);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return Promise.all(doing) as unknown as Promise<T>;
}
