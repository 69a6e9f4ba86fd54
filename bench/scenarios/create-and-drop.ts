import { alternate, groupsOfPairs, newPair, timeMs, type Pair } from '../measure/pairs';
import { eagerPoolOf, hasPool, untilPooled } from '../product/pool';
import { Product } from '../product/product';
import type { Bench, Scenario } from '../run/bench';
import { newScriptName } from '../script/names';

/** Never empty while tenants come one by one. */
const POOL_SIZE = 2;

/** Creates and hard deletes, one by one. */
export const createAndDrop: Scenario = {
  name: 'create',
  title: 'Create and hard delete, one by one',
  about:
    'FreeFlow and the script in turns, one tenant after the other. FreeFlow by its own record: from the commit of the request to the end of the operation, probes and proof of absence included. With the warm pool, each create begins once the pool is full again.',
  async run(bench) {
    const pairs: Record<string, Pair> = {};
    await measure(bench, 0, pairs, '');
    if (hasPool()) await measure(bench, POOL_SIZE, pairs, ', warm pool');
    return {
      groups: groupsOfPairs('Time of one operation', 'ms', pairs),
      notes: hasPool() ? [] : ['This build has no warm pool.'],
    };
  },
};

async function measure(bench: Bench, pool: number, pairs: Record<string, Pair>, suffix: string): Promise<void> {
  const product = await Product.open(bench, { worker: eagerPoolOf(pool) });
  const [create, drop] = [newPair(), newPair()];
  const rest = () => (pool === 0 ? undefined : untilPooled(product.installation, pool, bench.signal));
  const rounds = bench.count(6, 12);
  const byProduct = async () => {
    await rest();
    const tenant = await product.create();
    create.product.push(tenant.tookMs);
    await rest();
    drop.product.push((await product.drop(tenant)).tookMs);
    await rest();
  };
  const byScript = async () => {
    bench.signal.throwIfAborted();
    const name = newScriptName();
    create.script.push(await timeMs(() => bench.script.create(name)));
    drop.script.push(await timeMs(() => bench.script.drop(name)));
  };
  try {
    bench.note(`warming up${suffix}`);
    await alternate(1, byProduct, byScript);
    for (const { product: one, script: other } of [create, drop]) one.length = other.length = 0;
    let done = 0;
    await alternate(
      rounds,
      async () => {
        bench.note(`tenant ${++done} of ${rounds}${suffix}`);
        await byProduct();
      },
      byScript,
    );
  } finally {
    await product.close();
  }
  pairs[`create${suffix}`] = create;
  pairs[`hard delete${suffix}`] = drop;
}
