import { setTimeout as delay } from 'node:timers/promises';
import { randomOf } from '../../test/chaos/random';
import type { Running } from '../../test/support/installation';
import { quantile } from '../measure/statistics';
import { poolOf } from '../product/pool';
import { Product } from '../product/product';
import { rowOf } from '../report/schema';
import type { Bench, Scenario } from '../run/bench';

/** The same moments in every run. */
const SEED = 20_261_127;
const UNDISTURBED = 3;

/** How soon a tenant is active whose worker was killed in the middle of its creation. */
export const kill: Scenario = {
  name: 'kill',
  title: 'A create, after kill -9 of the worker',
  about: `The worker is killed at a random moment of a create (seed ${SEED}, within the time an undisturbed one takes); the time is from the request until the tenant is active, by the product's record. Either a new worker is started at once, its start included, or a second one runs already. All settings are the default ones, and there is no pool.`,
  async run(bench) {
    const [alone, beside] = [await measure(bench, false), await measure(bench, true)];
    return {
      groups: [
        {
          title: 'From the request until active',
          unit: 'ms',
          plot: 'ranges',
          rows: [
            rowOf('undisturbed', [...alone.undisturbed, ...beside.undisturbed]),
            rowOf('killed, a new worker is started at once', alone.killed),
            rowOf('killed, a second worker runs', beside.killed),
          ],
        },
      ],
      notes: [
        "A call to a server that the kill has cut off may still take effect: a later deletion of such a tenant waits until it can't any more.",
      ],
    };
  },
};

interface Measured {
  undisturbed: number[];
  killed: number[];
}

async function measure(bench: Bench, hasSecond: boolean): Promise<Measured> {
  const product = await Product.open(bench, { worker: poolOf(0) });
  try {
    const undisturbed = await measureUndisturbed(product);
    const killed: number[] = [];
    const random = randomOf(SEED);
    const rounds = bench.count(3, 8);
    let worker = product.firstWorker();
    for (let round = 0; round < rounds; round++) {
      bench.note(`create ${round + 1} of ${rounds}, ${hasSecond ? 'a second worker runs' : 'a new one is started'}`);
      const spare = hasSecond ? await product.startAnother() : undefined;
      const afterMs = random.below(quantile(undisturbed, 0.5));
      const [tookMs, next] = await killDuringCreate(bench, product, worker, spare, afterMs);
      killed.push(tookMs);
      worker = next;
    }
    // The tenants are left to the end, where they are removed without the product: it would wait for calls that were
    // cut off.
    return { undisturbed, killed };
  } finally {
    await product.close();
  }
}

/** Gives how long the create took, and the worker that runs now. */
async function killDuringCreate(
  { signal }: Bench,
  product: Product,
  worker: Running,
  spare: Running | undefined,
  afterMs: number,
): Promise<[tookMs: number, worker: Running]> {
  const tenant = await product.requestCreate();
  await delay(afterMs, undefined, { signal });
  await worker.stop('SIGKILL');
  const [{ tookMs }, next] = await Promise.all([product.finish(tenant), spare ?? product.startAnother()]);
  return [tookMs, next];
}

/** After one that warms the worker up. */
async function measureUndisturbed(product: Product): Promise<number[]> {
  const took: number[] = [];
  for (let round = 0; round <= UNDISTURBED; round++) {
    const tenant = await product.create();
    if (round > 0) took.push(tenant.tookMs);
    await product.drop(tenant);
  }
  return took;
}
