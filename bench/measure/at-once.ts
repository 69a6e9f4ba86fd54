/** Does something so often, so many at a time, and gives how many per second came out. */
export async function measureRate(times: number, atOnce: number, act: () => Promise<void>): Promise<number> {
  let left = times;
  const startedAt = performance.now();
  // All are awaited even when one fails: what goes on must not outlive the measurement.
  const lanes = await Promise.allSettled(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) await act();
    }),
  );
  for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
  return (times / (performance.now() - startedAt)) * 1_000;
}
