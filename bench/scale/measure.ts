import { quantile } from '../measure/statistics';

/** How long a call takes, in ms. */
interface Times {
  p50: number;
  p99: number;
}

/** Times of the same call beside few and beside many tenants, and how many times longer the median is beside many. */
export interface Comparison {
  small: Times;
  large: Times;
  ratio: number;
}

const WARM_UP = 10;

/** Makes two calls by turns, so that what slows the machine slows both. */
export async function compareTimes(
  rounds: number,
  small: () => Promise<unknown>,
  large: () => Promise<unknown>,
): Promise<Comparison> {
  const times: [number[], number[]] = [[], []];
  for (let round = -WARM_UP; round < rounds; round++) {
    const both = [await timeOf(small), await timeOf(large)] as const;
    if (round < 0) continue;
    times[0].push(both[0]);
    times[1].push(both[1]);
  }
  const [few, many] = times.map((it) => ({ p50: quantile(it, 0.5), p99: quantile(it, 0.99) })) as [Times, Times];
  return { small: few, large: many, ratio: many.p50 / few.p50 };
}

async function timeOf(call: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await call();
  return performance.now() - startedAt;
}
