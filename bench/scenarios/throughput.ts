import { measureRate } from '../measure/at-once';
import { alternate, groupsOfPairs, newPair, type Pair } from '../measure/pairs';
import { eagerPoolOf, hasPool, untilPooled } from '../product/pool';
import { LOOK_AT_MANY_MS, Product, type Done } from '../product/product';
import type { Bench, Scenario } from '../run/bench';
import { newScriptName } from '../script/names';

const AT_ONCE = 8;

const POOL_SIZE = 8;

/** Many tenants at once, for as long as it takes. */
export const throughput: Scenario = {
  name: 'throughput',
  title: 'Throughput, eight at once',
  about: `Eight operations at a time, as many as each side gets through: FreeFlow with one worker, and the script, in turns. Both give Keycloak two realms at a time. In the long form also with a warm pool of ${POOL_SIZE}, full at the beginning of each turn; it is refilled while no operation is under way.`,
  async run(bench) {
    const pairs = await measure(bench, 0, '');
    if (hasPool() && !bench.isQuick) Object.assign(pairs, await measure(bench, POOL_SIZE, ', warm pool'));
    return { groups: groupsOfPairs('Rate', 'tenants/s', pairs), notes: [] };
  },
};

async function measure(bench: Bench, pool: number, suffix: string): Promise<Record<string, Pair>> {
  const product = await Product.open(bench, { worker: eagerPoolOf(pool) });
  const pairs = { create: newPair(), 'hard delete': newPair() };
  const tenants = bench.count(12, 24);
  try {
    await alternate(
      bench.count(2, 4),
      async () => {
        if (pool > 0) await untilPooled(product.installation, pool, bench.signal);
        await byProduct(bench, product, tenants, pairs);
        if (pool > 0) await untilPooled(product.installation, pool, bench.signal);
      },
      () => byScript(bench, tenants, pairs),
    );
  } finally {
    await product.close();
  }
  return { [`create${suffix}`]: pairs.create, [`hard delete${suffix}`]: pairs['hard delete'] };
}

type Pairs = Readonly<Record<'create' | 'hard delete', Pair>>;

async function byProduct(bench: Bench, product: Product, tenants: number, pairs: Pairs): Promise<void> {
  const made: Done[] = [];
  bench.note(`FreeFlow creates ${tenants}`);
  pairs.create.product.push(
    await measureRate(tenants, AT_ONCE, async () => void made.push(await product.create(LOOK_AT_MANY_MS))),
  );
  bench.note(`FreeFlow drops ${tenants}`);
  const rate = await measureRate(tenants, AT_ONCE, async () => {
    const next = made.pop();
    if (next !== undefined) await product.drop(next, LOOK_AT_MANY_MS);
  });
  pairs['hard delete'].product.push(rate);
}

async function byScript(bench: Bench, tenants: number, pairs: Pairs): Promise<void> {
  const made: string[] = [];
  bench.note(`the script creates ${tenants}`);
  const rate = await measureRate(tenants, AT_ONCE, async () => {
    bench.signal.throwIfAborted();
    const name = newScriptName();
    await bench.script.create(name);
    made.push(name);
  });
  pairs.create.script.push(rate);
  bench.note(`the script drops ${tenants}`);
  pairs['hard delete'].script.push(
    await measureRate(tenants, AT_ONCE, async () => {
      bench.signal.throwIfAborted();
      const next = made.pop();
      if (next !== undefined) await bench.script.drop(next);
    }),
  );
}
